package match

// lanes is an nfa laid out so that many of its nodes take a step at once: a bit
// for each node, 512 bits in a cell. It is how a text is read where the cache
// has no states for it, at a cost that does not depend on how many nodes are
// live, but on how many cells.
//
// What the nodes of different rules do at one place of a text is mostly alike.
// So nodes lie in columns, one row for each rule. For "/a/.*x1", "/b/.*y2":
//
//	        column 0   column 1 ...              column 0   column 1   column 2
//	row 0      /          a           loops of:     .*         x          1
//	row 1      -          b                         .*         y          2
//	         before the first loop             a loop and what follows it
//
// One cell is 512 rows of one column, and one operation on it moves all rows
// which read the same kind of thing to the next column. A loop begins a row of
// its own, because loops are what stays live: all of them are close together.
// Counted repeats lie along a cell instead, and move by a shift.
//
// Empty edges are gone: an edge leads to all that is reached by them. A line's
// begin and end are part of what is read: see symbol.
type lanes struct {
	nfa     *nfa
	anchors bool // some edge is a ^ or a $
	symbols int
	column  int // rows of a column: 512, or fewer, and a cell has several columns

	places  []uint32          // by node: its bit, or nowhere
	accepts map[uint32]uint32 // by node that accepts and goes on: the bit that accepts
	nodes   []uint32          // by bit: its node, or nowhere
	marks   []mark            // by cell
	sticky  []uint64          // a bit for each cell all of whose nodes lead to themselves

	index        []uint32 // by cell and symbol: where its moves begin
	moves        []move
	forks        []fork
	rows         []cell // masks that moves share
	largest      int32  // the rule of the most nodes
	largestNodes int
}

const nowhere = 1<<32 - 1

// mark is what arriving in a cell may mean.
type mark struct {
	accept, hit uint32 // rows: the bits that accept, that are hits; 0: none
	least       int32  // the lowest rule of any bit
	rising      bool   // bits that accept do so for rising rules along a column
}

// move takes the bits of a cell to another on a symbol.
type move struct {
	row uint32
	to  uint32
	how int32
}

// How a move goes: by -511 to 511 bits to the cell to, where row are the bits
// that may be set there; or
const (
	gathered  = cellBits + iota // any bit of row sets the bit to
	forked                      // each bit of row is a fork; to is the first's number
	single                      // the bit row sets the bit to
	stayed                      // the bits of row stay in their cell, which is sticky
	stayedAll                   // all do
)

// movesOf are the moves of a cell on a symbol. The last of a sticky cell tells what
// stays in it.
func (l *lanes) movesOf(c, symbol int) []move {
	at := c*l.symbols + symbol
	return l.moves[l.index[at]:l.index[at+1]]
}

// fork is where one bit leads: to the bits of row in a cell, or (row is oneBit) to
// the bit to.
type fork struct {
	row uint32
	to  uint32
}

const oneBit = nowhere

// symbol is what a step reads: a class, where some edge asks for a line's
// begin or end doubled for the classes that end one (newline, cut and end),
// since behind a line's end "$^" may go on.
func (l *lanes) symbol(class uint16, begin bool) int {
	if l.anchors && begin && l.nfa.endsLine(class) {
		return l.doubled(class)
	}
	return int(class)
}

// class is the class that a symbol reads.
func (l *lanes) class(symbol int) uint16 {
	switch width := l.nfa.width(); {
	case symbol < width:
		return uint16(symbol)
	case symbol == width:
		return l.nfa.newline
	default:
		return uint16(symbol - width + l.nfa.runes)
	}
}

func (l *lanes) doubled(class uint16) int {
	if class == l.nfa.newline {
		return l.nfa.width()
	}
	return l.nfa.width() + int(class) - l.nfa.runes
}

// bytes is the memory it takes, about.
func (l *lanes) bytes() int {
	return 4*(len(l.places)+len(l.nodes)+len(l.index)) + 12*(len(l.moves)+len(l.marks)) + 8*(len(l.forks)+len(l.sticky)) + 8*cellWords*len(l.rows)
}
