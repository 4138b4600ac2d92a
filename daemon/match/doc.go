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
//	               (lanes_layout.go, lanes_edges.go, closure.go, lanes_moves.go,
//	               cell.go),
//	cost.go        and, when somebody asks, what a byte may cost in it at most
//	               (bound.go, bound_cells.go, known.go).
//
// And what Match does:
//
//	set.go         the host and the URI are read as one text, and with the path another
//	               where rules ask of it (column.go, column_compile.go),
//	walk.go        from state to state,
//	automaton.go   each made when a text first leads to it
//	threads.go     by stepping all live nodes one by one,
//	cache.go       and kept where every goroutine finds it without a lock;
//	runner.go      where that takes too long or no room is left, in lanes;
//	fields.go      last come headers, cookies and parameters.
//
// What FindUnreached does, for who writes the rules: reach.go, with examples
// (reach_example.go) and by following the automaton of a few rules (reach_walk.go).
//
// # Cost
//
// The cost per byte of a request does not depend on the number of rules: a
// byte is one look into a table. That is so for the texts that a table's users
// send, which lead to the same states again and again.
//
// Where some rules ask of the path and others of the URI (see column), each byte of the
// path is looked at twice, and what is said here of a text goes for both; Worst has the
// sum. A table of one kind costs what that costs: a prefix is a pattern that begins with
// ^, and what ignores case leads over classes of two letters, not over a copy of the text
// (BenchmarkMatchKinds).
//
// A text can be made that leads to a new state with each byte. It may spend
// maxSpent visits on making states, about what 200 ordinary ones take, or a
// tenth of a millisecond; what is left of it is read in lanes. All values of a
// request's fields together may spend as much once more.
//
// In lanes a byte's work is one move of 512 nodes, 8 words, for each cell that is
// live and each kind of edge that leads on from it. A cell whose nodes stay live, as
// those of .* do, is not moved for that; one of which a single word is not empty costs
// 3 words a move. So a byte costs at most what Worst tells, whatever was read before:
// it supposes that all nodes are live, which no text can surpass, and looks back a few
// characters from there; of the nodes before which a text must have been read, only
// those count that one text leads to.
//
// A byte should cost 111 words at most with up to 1,000 rules, and 555 with 10,000.
// For 8 KiB that is a millisecond, and five, at the 1.1 ns that a word takes as
// measured on an idle core. For 1,000 rules like "/r1/.*z1$" Worst tells 89, for 10,000
// 471, and the dearest URIs that a search finds cost 42 and 55 (BenchmarkHostile; ordinary
// URIs: BenchmarkMatch). The dearest tables that keep it, "^/(a|x1)+y1$", come to 77
// and 365. Of 301 tables like those that operators write 287 keep it. What does not are
// many letters that each wait behind a .* ("a.*bc.*1": 147 words with 1,000 rules), and
// large counts in many rules ("z1.{1,250}(a|b|c){100}": 284 with 10 of them, 27,184
// promised with 900, a third of a second).
//
// Beside RE2's sets and regexp one by one: tests/load/matchers.
//
// That each rule needs some literal does not help: of the literals of 1,000 rules all
// fit into 8 KiB, and are in the dearest URIs.
//
// A table that may cost more is taken in, and its owner is told (see Dear). Nothing
// is put off while it is matched: others wait as long as Dear says.
//
// Values of headers, cookies and parameters have the same bound for each of their
// bytes; what the end of a value costs counts as one. A capture group is looked for with
// maxVisits at most.
package match
