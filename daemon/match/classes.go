package match

import (
	"fmt"
	"math/bits"
	"slices"
	"unicode/utf8"
)

// Characters that no expression of a table tells apart are one class, and the
// automaton reads classes. A byte below 0x80 has its class in a table; what is
// above is decoded first, and exactly as regexp does: a byte that is no part
// of valid UTF-8 counts as U+FFFD, one byte long.
//
//	class 0            decode: stands for the bytes from 0x80 on
//	1 .. runes         characters
//	runes+1            cut: between the host and the URI
//	runes+2            end: of the text
//
// The newline is always a class by itself, because ^ and $ know it.
type classes struct {
	runes   int
	ofByte  [256]uint16
	starts  []rune   // where a run of one class begins; starts[0] is 0
	ofStart []uint16 // the class of that run
	single  []int16  // by class: the one ASCII byte it consists of, -1: it does not
	newline uint16

	member []uint64 // by set and class, in rows of stride words
	stride int
}

// maxMembers bounds member: 16 MiB of words.
const maxMembers = 1 << 21

func (c *classes) cut() uint16 { return uint16(c.runes + 1) }
func (c *classes) end() uint16 { return uint16(c.runes + 2) }

// width is the number of classes, the special ones too.
func (c *classes) width() int { return c.runes + 3 }

// of returns the class of a character: O(log of the ranges).
func (c *classes) of(r rune) uint16 {
	i, found := slices.BinarySearch(c.starts, r)
	if !found {
		i--
	}
	return c.ofStart[i]
}

// decode returns the class of the character that text begins with.
func (c *classes) decode(text []byte) (class uint16, width int) {
	r, width := utf8.DecodeRune(text)
	return c.of(r), width
}

func (c *classes) has(set int32, class uint16) bool {
	return c.member[int(set)*c.stride+int(class>>6)]>>(class&63)&1 != 0
}

// newClasses divides the characters by sets.
func newClasses(sets []runeSet, limit int) (*classes, error) {
	c := &classes{starts: []rune{0, '\n', '\n' + 1}}
	for _, set := range sets {
		set.ranges(func(lo, hi rune) {
			c.starts = append(c.starts, lo)
			if hi < maxRune {
				c.starts = append(c.starts, hi+1)
			}
		})
		if len(c.starts) > 64*limit {
			c.compactStarts()
			if len(c.starts) > 32*limit {
				break
			}
		}
	}
	c.compactStarts()
	if n := len(c.starts); n > limit {
		return nil, fmt.Errorf("the table tells more than %d ranges of characters apart", limit)
	}
	c.divide(sets)

	c.stride = (c.width() + 63) / 64
	if len(sets)*c.stride > maxMembers {
		return nil, fmt.Errorf("the table uses %d different sets of characters over %d classes, too many", len(sets), c.runes)
	}
	c.member = make([]uint64, len(sets)*c.stride)
	for i, set := range sets {
		row := c.member[i*c.stride:][:c.stride]
		c.eachRun(set, func(run int) {
			class := c.ofStart[run]
			row[class>>6] |= 1 << (class & 63)
		})
	}
	return c, nil
}

func (c *classes) compactStarts() {
	slices.Sort(c.starts)
	c.starts = slices.Compact(c.starts)
}

// eachRun calls yield with the runs that set is made of.
func (c *classes) eachRun(set runeSet, yield func(run int)) {
	set.ranges(func(lo, hi rune) {
		run, _ := slices.BinarySearch(c.starts, lo)
		for ; run < len(c.starts) && c.starts[run] <= hi; run++ {
			yield(run)
		}
	})
}

// divide gives two runs one class when every set has both or neither: it
// starts with one class and splits by one set after the other.
func (c *classes) divide(sets []runeSet) {
	of := make([]int, len(c.starts))
	split := []int{-1} // by class: what its members in the set become
	var touched []int
	splitBy := func(set runeSet) {
		c.eachRun(set, func(run int) {
			old := of[run]
			if split[old] < 0 {
				split[old] = len(split)
				split = append(split, -1)
				touched = append(touched, old)
			}
			of[run] = split[old]
		})
		for _, old := range touched {
			split[old] = -1
		}
		touched = touched[:0]
		if len(split) > 4*len(of)+64 {
			split = renumber(of, split)
		}
	}
	splitBy(newRuneSet('\n', '\n'))
	for _, set := range sets {
		splitBy(set)
	}
	split = renumber(of, split)

	c.runes = len(split)
	c.ofStart = make([]uint16, len(of))
	sizes := make([]rune, c.runes+1)
	for run, class := range of {
		c.ofStart[run] = uint16(class + 1)
		sizes[class+1] += c.runEnd(run) - c.starts[run] + 1
	}
	c.single = make([]int16, c.width())
	for i := range c.single {
		c.single[i] = -1
	}
	for b := range rune(utf8.RuneSelf) {
		c.ofByte[b] = c.of(b)
		if sizes[c.ofByte[b]] == 1 {
			c.single[c.ofByte[b]] = int16(b)
		}
	}
	c.newline = c.ofByte['\n']
}

func (c *classes) runEnd(run int) rune {
	if run+1 < len(c.starts) {
		return c.starts[run+1] - 1
	}
	return maxRune
}

// renumber drops the classes that have lost all their runs.
func renumber(of, split []int) []int {
	for i := range split {
		split[i] = -1
	}
	n := 0
	for run, class := range of {
		if split[class] < 0 {
			split[class] = n
			n++
		}
		of[run] = split[class]
	}
	split = split[:n]
	for i := range split {
		split[i] = -1
	}
	return split
}

// onlyClass returns the class that a set consists of, -1 when it is not one.
func (c *classes) onlyClass(set int32) int32 {
	only := int32(-1)
	for i, word := range c.member[int(set)*c.stride:][:c.stride] {
		if word == 0 {
			continue
		}
		if only >= 0 || bits.OnesCount64(word) != 1 {
			return -1
		}
		only = int32(i*64 + bits.TrailingZeros64(word))
	}
	return only
}
