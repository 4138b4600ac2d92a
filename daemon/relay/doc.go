// Package relay owns the session: what happens between one client connection
// and the server connections its requests are sent over. Events go in,
// operations come out. It never touches a socket or a clock, and it never
// waits: the event loop executes what a Step asks for, and tells what came of
// it with the next event.
//
// The scenarios in testdata are its documentation.
package relay
