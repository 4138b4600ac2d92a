// Package http holds what the HTTP/1 side of the gateway to outside references: the clauses of RFC 9112 and
// RFC 9110 (clauses.md), the vectors of the llhttp parser (testdata/llhttp, with our differences beside it),
// and what net/http makes of the streams the gateway forwards. gateway_test.go drives whole sessions without
// sockets.
package http
