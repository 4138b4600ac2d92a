package match

import (
	"bytes"
	"regexp/syntax"
	"sync"
	"sync/atomic"
	"unicode/utf8"
)

// Group returns where in uri a capture group (0: the whole match) of the
// leftmost-longest match of pattern index stands; false when the expression
// is not found, or has no such group, or the group took no part. What asks of the
// path is looked for in the path; a prefix is a match without groups.
//
// Only that one expression is run. It is compiled when it is first asked for;
// after that nothing is allocated. A search that would take more than maxVisits
// finds nothing: that is 16 for each byte of a URI of 8 KiB, where ordinary
// expressions take two or three. The same URI always has the same answer.
func (s *Set) Group(index, group int, uri []byte) (lo, hi int, ok bool) {
	if index < 0 || index >= len(s.patterns) || group < 0 {
		return 0, 0, false
	}
	c := s.captures[index].Load()
	if c == nil {
		c = newCaptures(s.patterns[index].uri())
		s.captures[index].Store(c)
	}
	if s.patterns[index].Path != "" {
		uri = pathOf(uri) // which stands at its beginning
	}
	return c.group(group, uri)
}

// captures finds the groups of one expression.
type captures struct {
	prog   *syntax.Prog
	prefix []byte // what every match begins with
	groups int
}

type lazyCaptures = atomic.Pointer[captures]

// newCaptures takes an expression that Compile has accepted.
func newCaptures(src source) *captures {
	re, err := src.tree()
	if err != nil {
		panic(err)
	}
	c := &captures{groups: re.MaxCap()}
	if c.prog, err = syntax.Compile(re.Simplify()); err != nil {
		panic(err)
	}
	prefix, _ := c.prog.Prefix()
	c.prefix = []byte(prefix)
	return c
}

func (c *captures) group(group int, text []byte) (lo, hi int, ok bool) {
	if group > c.groups {
		return 0, 0, false
	}
	if len(c.prog.Inst)*(len(text)+1) > maxPlaces {
		return 0, 0, false
	}
	s, _ := searches.Get().(*search)
	if s == nil {
		s = &search{}
	}
	s.prog, s.text, s.group = c.prog, text, uint32(2*group)
	s.visited = append(s.visited[:0], make([]uint64, (len(c.prog.Inst)*(len(text)+1)+63)/64)...)
	s.visits = 0
	lo, hi, ok = s.find(c.prefix)
	s.prog, s.text = nil, nil
	searches.Put(s)
	return lo, hi, ok
}

// What bounds a search: instructions tried, which are some nanoseconds each, and
// the bits of visited.
const (
	maxVisits = 1 << 17
	maxPlaces = 1 << 24
)

var searches sync.Pool // of *search

// search is one search for the leftmost-longest match, by trying out: of
// several ways to a match of that length the first counts, in the order in
// which regexp prefers them. No instruction is tried twice at one place, so
// that the cost is in proportion to instructions times bytes.
type search struct {
	prog    *syntax.Prog
	text    []byte
	group   uint32 // the group's first capture slot
	visited []uint64
	visits  int
	steps   []searchStep

	slots [2]int // the group on the way being tried
	end   int    // of the longest match, -1: none
	found [2]int // the group in it
}

// searchStep is something still to be tried: an instruction at a place, or
// (undo) to put back what a slot of the group was.
type searchStep struct {
	pc   uint32
	at   int
	undo bool
}

func (s *search) find(prefix []byte) (lo, hi int, ok bool) {
	s.end = -1
	for from := 0; from <= len(s.text) && s.end < 0; {
		skip := bytes.Index(s.text[from:], prefix)
		if skip < 0 {
			break
		}
		from += skip
		s.slots = [2]int{-1, -1}
		s.try(from)
		if s.visits++; s.visits > maxVisits {
			return 0, 0, false
		}
		if s.end >= 0 && s.group == 0 {
			return from, s.end, true
		}
		_, width := utf8.DecodeRune(s.text[from:])
		from += max(1, width)
	}
	if s.end < 0 || s.found[1] < 0 {
		return 0, 0, false
	}
	return s.found[0], s.found[1], true
}

// try looks for the longest match from a place on.
func (s *search) try(from int) {
	s.steps = append(s.steps[:0], searchStep{pc: uint32(s.prog.Start), at: from})
	for len(s.steps) > 0 {
		step := s.steps[len(s.steps)-1]
		s.steps = s.steps[:len(s.steps)-1]
		if step.undo {
			s.slots[step.pc] = step.at
			continue
		}
		if s.follow(step.pc, step.at); s.end == len(s.text) || s.visits > maxVisits {
			return
		}
	}
}

// follow goes on from an instruction until it fails or matches, and leaves
// what else could be tried in steps.
func (s *search) follow(pc uint32, at int) {
	for {
		bit := int(pc)*(len(s.text)+1) + at
		if s.visited[bit/64]>>(bit%64)&1 != 0 {
			return
		}
		s.visited[bit/64] |= 1 << (bit % 64)
		if s.visits++; s.visits > maxVisits {
			return
		}
		inst := &s.prog.Inst[pc]
		pc = inst.Out
		switch inst.Op {
		case syntax.InstFail:
			return
		case syntax.InstMatch:
			if at > s.end {
				s.end, s.found = at, s.slots
			}
			return
		case syntax.InstAlt, syntax.InstAltMatch:
			s.steps = append(s.steps, searchStep{pc: inst.Arg, at: at})
		case syntax.InstCapture:
			if inst.Arg&^1 == s.group {
				slot := inst.Arg & 1
				s.steps = append(s.steps, searchStep{pc: slot, at: s.slots[slot], undo: true})
				s.slots[slot] = at
			}
		case syntax.InstEmptyWidth:
			if syntax.EmptyOp(inst.Arg)&^s.place(at) != 0 {
				return
			}
		case syntax.InstRune, syntax.InstRune1, syntax.InstRuneAny, syntax.InstRuneAnyNotNL:
			if at == len(s.text) {
				return
			}
			r, width := utf8.DecodeRune(s.text[at:])
			if !inst.MatchRune(r) {
				return
			}
			at += width
		}
	}
}

// place tells which conditions on the place hold.
func (s *search) place(at int) syntax.EmptyOp {
	before, after := rune(-1), rune(-1)
	if at > 0 {
		before, _ = utf8.DecodeLastRune(s.text[:at])
	}
	if at < len(s.text) {
		after, _ = utf8.DecodeRune(s.text[at:])
	}
	return syntax.EmptyOpContext(before, after)
}
