// Package http1 reads and writes HTTP/1.0 and HTTP/1.1 messages for a gateway (RFC 9112, RFC 9110).
//
// It turns bytes into what they mean (Parser for the head of a request or response, Chunked for a
// chunked body) and what was understood back into bytes (AppendRequest, AppendResponse, AppendError).
// A message is accepted only when every recipient must read it the same way: wherever leniency has let
// one peer see other message boundaries than the next, the message is refused. Nothing that was not
// understood is passed on.
//
// The package is pure: it owns no socket, clock, goroutine or buffer. What it returns aliases the bytes
// it was given. Once warm it allocates nothing, and errors are static values.
package http1
