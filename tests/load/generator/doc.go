// Package generator is both ends of a proxy under load: the clients that send
// requests through it and the servers that answer them, in one epoll loop on
// one thread. A proxy on another core then has that core for itself, and is
// what saturates.
//
// Every response is checked: status 200, Content-Length as configured, the
// body's length and the number of the server that sent it. One wrong answer
// ends the run with an error, since figures beside wrong answers mean nothing.
//
// The package never starts, places or measures the proxy. Its loop allocates
// nothing and uses raw non-blocking system calls, so that neither the garbage
// collector nor the Go scheduler takes part in the measurement.
package generator
