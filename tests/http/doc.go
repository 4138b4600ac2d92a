// Package http holds what the HTTP/1 side of the gateway to outside references: the clauses of RFC 9110 and
// RFC 9112 (clauses_test.go) and the vectors of the llhttp parser (llhttp_test.go, testdata/llhttp).
package http
