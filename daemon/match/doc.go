// Package match answers which of a service's rules a request belongs to: the
// first, in the order given, whose conditions all hold.
//
// It owns the meaning of a rule's conditions (Pattern) and everything that is
// computed from a request to decide them. It knows nothing of servers, of
// connections or of how a request was parsed: bytes in, an index out. It is
// pure: no IO, no clock, no goroutine.
//
// What Compile does, in the order of reading:
//
//	expression.go  an expression is parsed and cut into elements,
//	trim.go        without what its ends can do without;
//	builder.go     the elements of all rules grow together into one automaton
//	               (fragment.go: those that are more than a character; workshop.go:
//	               in memory that serves again when the table changes),
//	classes.go     whose characters are divided into classes,
//	layout.go      and whose nodes and edges are laid out:
//	nfa.go         the picture to look at first.
//
// And what Match does:
//
//	set.go         the host and the URI are read as one text,
//	walk.go        from state to state,
//	automaton.go   each made when a text first leads to it
//	threads.go     by stepping all live nodes at once,
//	cache.go       and kept where every goroutine finds it without a lock;
//	fields.go      last come headers, cookies and parameters.
//
// The cost per byte of a request does not depend on the number of rules: a
// byte is one look into a table. The worst that any expressions and any text
// can bring about is two visits of each of the automaton's nodes and edges per
// byte, about what regexp needs for the same expressions one by one.
package match
