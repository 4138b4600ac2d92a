package match

import (
	"slices"
	"sync/atomic"
)

// cache holds the deterministic states that have been worked out so far, and
// what is known of their transitions. Readers take no lock: a state never
// changes once its id is stored somewhere, except that slots which are still 0
// are filled in, atomically. Only the holder of the automaton's lock writes.
//
// States lie in chunks of words without pointers, so that the garbage
// collector has nothing to look at. An id is chunk<<chunkBits | offset, and
// chunks count from 1: 0 is no state. Below the offset stands what is read
// seldom, from it on what a text walks over:
//
//	 -3-k ..  -4   -3  -2    -1   0 ...
//	+------------+---+------+------+--------------------------------------+
//	| live nodes | k | best | meta | table: next by class                 |
//	+------------+---+------+------+--------------------------------------+
//	                               | run: after, else, place, text ...    |
//	                               +--------------------------------------+
//	                               | final: (nothing)                     |
//	                               +--------------------------------------+
//
// An id with the bit special set leads to a state that wants more than a look
// into its table: see kind and the meta bits. In a slot, a state of the same
// chunk that wants no more stands as its offset alone, so that the reader goes
// from one to the next with nothing but an addition and a look.
type cache struct {
	chunks []atomic.Pointer[chunk] // [0] is never used
	last   uint32                  // the chunk that new states go to
	used   uint32                  // words of it in use

	ids    map[uint64]uint32 // by hash of what makes a state the state it is
	starts []uint32          // by kind of start: its state, 0: not known yet

	full   bool
	missed int // states asked for since it is full
}

const (
	chunkBits  = 14
	chunkWords = 1 << chunkBits
	chunkMask  = chunkWords - 1

	special = 1 << 31
)

type chunk [chunkWords]uint32

// stateOverhead is what ids costs for each state, in bytes, about.
const stateOverhead = 24

// newCache makes one of at most so many bytes, but of one chunk at least.
func newCache(bytes, starts int) *cache {
	chunks := max(1, bytes/(4*chunkWords+chunkWords/48*stateOverhead))
	c := &cache{
		chunks: make([]atomic.Pointer[chunk], 1+chunks),
		used:   chunkWords, // of chunk 0: none is left
		ids:    map[uint64]uint32{},
		starts: make([]uint32, starts),
	}
	return c
}

// bytes is the memory in use, about.
func (c *cache) bytes() int {
	return int(c.last)*4*chunkWords + len(c.ids)*stateOverhead + 8*len(c.chunks) + 4*len(c.starts)
}

// state gives access to one state.
func (c *cache) state(id uint32) state {
	return state{c.chunks[id&^special>>chunkBits].Load(), id & chunkMask, id &^ (special | chunkMask)}
}

// state is a state in its chunk.
type state struct {
	words *chunk
	at    uint32 // its offset
	base  uint32 // the chunk's part of its id
}

// kind says what a state does; the lowest bits of meta.
type kind uint32

const (
	kindTable kind = iota // looks its next state up by class
	kindRun               // waits for a text: after it one state, without it another
	kindFinal             // stays whatever comes
)

// The meta word.
const (
	metaKind  kind   = 3
	metaEnd   uint32 = 1 << 2 // a $ may hold here: the class end must be looked up
	metaHit   uint32 = 1 << 3 // a hit has been made on getting here
	metaBegin uint32 = 1 << 4 // a line begins here (kept only with metaEnd)
	metaSeek  uint32 = 1 << 5 // of ASCII only one byte leads away from here

	metaSeekShift = 8  // that byte
	metaRunShift  = 16 // the length of a run's text
)

// A run's words.
const (
	runAfter = iota // slot: the state after the text
	runElse         // slot: the state without the node that waits for it
	runPlace        // that node's place among the live nodes
	runText         // the text, four bytes a word, lowest first
)

func (s state) meta() uint32 { return s.words[(s.at-1)&chunkMask] }
func (s state) kind() kind   { return kind(s.meta()) & metaKind }
func (s state) best() int32  { return int32(s.words[(s.at-2)&chunkMask]) }

func (s state) slot(i uint32) *uint32 { return &s.words[(s.at+i)&chunkMask] }

// next returns the id that a slot leads to, 0 when it is not known.
func (s state) next(slot uint32) uint32 {
	next := atomic.LoadUint32(s.slot(slot))
	if next-1 < chunkWords-1 {
		next |= s.base
	}
	return next
}

// store makes a slot lead to an id.
func (s state) store(slot, id uint32) {
	if id&^chunkMask == s.base {
		id &= chunkMask
	}
	atomic.StoreUint32(s.slot(slot), id)
}

func (s state) nodes() []uint32 {
	k := s.words[s.at-3]
	return s.words[s.at-3-k:][:k]
}

// blueprint is a state to be.
type blueprint struct {
	kind  kind
	meta  uint32 // with kind
	place int    // of a run
	text  []byte // of a run
}

// intern returns the id of the state of the given live nodes, in order, making
// it as plan says when it is not there. 0: there is no room, or (not full) the
// state is larger than any may be.
func (c *cache) intern(nodes []uint32, best int32, meta uint32, width int, plan func() blueprint) uint32 {
	h := uint64(uint32(best))<<32 | uint64(meta)
	for _, at := range nodes {
		h = (h ^ uint64(at)) * 0x9e3779b97f4a7c15
		h ^= h >> 29
	}
	for {
		id, ok := c.ids[h]
		if !ok {
			break
		}
		s := c.state(id)
		if s.best() == best && s.meta()&(metaEnd|metaBegin) == meta&(metaEnd|metaBegin) && slices.Equal(s.nodes(), nodes) {
			return id
		}
		h++
	}
	p := plan()
	words := 0
	switch p.kind {
	case kindTable:
		words = width
	case kindRun:
		words = runText + (len(p.text)+3)/4
	}
	at := c.reserve(3+len(nodes), words)
	if at == 0 {
		return 0
	}
	s := c.state(at)
	copy(s.words[s.at-3-uint32(len(nodes)):], nodes)
	s.words[s.at-3] = uint32(len(nodes))
	s.words[s.at-2] = uint32(best)
	s.words[s.at-1] = p.meta
	if p.kind == kindRun {
		s.words[s.at+runPlace] = uint32(p.place)
		for i, b := range p.text {
			s.words[s.at+runText+uint32(i/4)] |= uint32(b) << (8 * (i % 4))
		}
	}
	id := at
	if p.kind != kindTable || p.meta&(metaHit|metaSeek) != 0 {
		id |= special
	}
	c.ids[h] = id
	return id
}

// reserve finds room for a state of so many words before and after its id.
func (c *cache) reserve(before, after int) uint32 {
	words := before + after + 1 // an id with nothing behind it stays in its chunk
	if words > chunkWords {
		return 0
	}
	if c.used+uint32(words) > chunkWords {
		if int(c.last)+1 >= len(c.chunks) {
			c.full = true
			return 0
		}
		c.last++
		c.chunks[c.last].Store(new(chunk))
		c.used = 0
	}
	at := c.last<<chunkBits | (c.used + uint32(before))
	c.used += uint32(words)
	return at
}
