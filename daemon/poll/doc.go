// Package poll owns the kernel's interface for many sockets in one thread:
// what a socket received, that it can be written again, that a listener has a
// connection. It knows sockets by the caller's slot numbers and never knows
// what the bytes mean.
//
// The model is that of completions: a receive is armed, and its completion
// carries the bytes. The epoll implementation emulates it with one recv for
// each armed and readable socket; the io_uring one hands the kernel's own
// completions on. Both are driven by one goroutine, the owner; only Wake may
// be called from elsewhere.
package poll
