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
//	nfa.go         the picture to look at first;
//	lanes.go       the same once more in bits, many nodes side by side
//	               (lanes_layout.go, lanes_edges.go, closure.go, lanes_moves.go),
//	cost.go        and what a byte may cost in it at most.
//
// And what Match does:
//
//	set.go         the host and the URI are read as one text,
//	walk.go        from state to state,
//	automaton.go   each made when a text first leads to it
//	threads.go     by stepping all live nodes one by one,
//	cache.go       and kept where every goroutine finds it without a lock;
//	runner.go      where that takes too long or no room is left, in lanes;
//	fields.go      last come headers, cookies and parameters.
//
// # Cost
//
// The cost per byte of a request does not depend on the number of rules: a
// byte is one look into a table. That is so for the texts that a table's users
// send, which lead to the same states again and again.
//
// A text can be made that leads to a new state with each byte. It may spend
// maxSpent visits on making states, about what 200 ordinary ones take, or a
// tenth of a millisecond; what is left of it is read in lanes. There a byte costs
// at most what Worst tells: it is found when the table is compiled, for any text,
// by supposing that everything is live and looking back a few characters. A
// byte's work is one move of 512 nodes, 8 words, for each cell that is live and
// each kind of edge that leads on from it. For 1,000 rules like
// "/r1/.*z1$" no text of a search comes to more than 33 words a byte, for 10,000
// to more than 54; 1,000 should not need more than 174 and 10,000 not more than
// 872, which for 8 KiB is two milliseconds, and ten, at the 1.4 ns that a word
// takes as measured. The dearest that a search found took 1.4 ms and 4.6 ms. Of 301 tables
// like those that operators write, 288 keep that by Worst's reckoning.
//
// Nothing has to be put off, therefore: a whole URI takes no longer than other
// work that is done in one go. A table that may cost more is taken in, and its
// owner is told (see Dear), since what Worst tells may be several times too much.
//
// Cost is bounded for what else is done to a request, too: each value of a field
// is read once, and a capture group is looked for with maxVisits at most.
package match
