package match

import "math/bits"

// cell is so many bits as one cache line has.
type cell [cellWords]uint64

const (
	cellWords = 8
	cellBits  = 64 * cellWords
)

// meets tells whether two cells have a bit in common.
func (c *cell) meets(other *cell) bool {
	return c[0]&other[0]|c[1]&other[1]|c[2]&other[2]|c[3]&other[3]|
		c[4]&other[4]|c[5]&other[5]|c[6]&other[6]|c[7]&other[7] != 0
}

// words has a bit for each word that is not empty.
func (c *cell) words() (mask uint8) {
	for i, word := range c {
		if word != 0 {
			mask |= 1 << i
		}
	}
	return mask
}

// count is the number of bits.
func (c *cell) count() (n int) {
	for _, word := range c {
		n += bits.OnesCount64(word)
	}
	return n
}

// has tells whether a bit is set.
func (c *cell) has(bit uint32) bool { return c[bit/64]>>(bit%64)&1 != 0 }

// below counts the bits below one.
func (c *cell) below(bit uint32) (n int) {
	for _, word := range c[:bit/64] {
		n += bits.OnesCount64(word)
	}
	return n + bits.OnesCount64(c[bit/64]&(1<<(bit%64)-1))
}

// first is the lowest bit.
func (c *cell) first() uint32 {
	for i, word := range c {
		if word != 0 {
			return uint32(64*i + bits.TrailingZeros64(word))
		}
	}
	return cellBits
}

// take adds the bits of another.
func (c *cell) take(other *cell) {
	for i := range c {
		c[i] |= other[i]
	}
}

// cutTo leaves the bits of row only, and tells whether there are any.
func (c *cell) cutTo(row *cell) bool {
	any := uint64(0)
	for i := range c {
		c[i] &= row[i]
		any |= c[i]
	}
	return any != 0
}

// takeUp adds the bits of row that from has when it is shifted up by 1 to 63.
func (c *cell) takeUp(from *cell, by uint, row *cell) bool {
	up, down := by&63, (64-by)&63
	a := from[0] << up & row[0]
	b := (from[1]<<up | from[0]>>down) & row[1]
	d := (from[2]<<up | from[1]>>down) & row[2]
	e := (from[3]<<up | from[2]>>down) & row[3]
	f := (from[4]<<up | from[3]>>down) & row[4]
	g := (from[5]<<up | from[4]>>down) & row[5]
	h := (from[6]<<up | from[5]>>down) & row[6]
	i := (from[7]<<up | from[6]>>down) & row[7]
	if a|b|d|e|f|g|h|i == 0 {
		return false
	}
	c[0], c[1], c[2], c[3] = c[0]|a, c[1]|b, c[2]|d, c[3]|e
	c[4], c[5], c[6], c[7] = c[4]|f, c[5]|g, c[6]|h, c[7]|i
	return true
}

// takeShifted adds the bits of row that from has when it is shifted, and tells
// whether there were any.
func (c *cell) takeShifted(from *cell, by int, row *cell) bool {
	any := uint64(0)
	if by > 0 {
		words, up := by/64, uint(by%64)
		for i := words; i < cellWords; i++ {
			moved := from[i-words] << up
			if i > words && up > 0 {
				moved |= from[i-words-1] >> (64 - up)
			}
			moved &= row[i]
			c[i] |= moved
			any |= moved
		}
		return any != 0
	}
	words, down := -by/64, uint(-by%64)
	for i := 0; i < cellWords-words; i++ {
		moved := from[i+words] >> down
		if i+words+1 < cellWords && down > 0 {
			moved |= from[i+words+1] << (64 - down)
		}
		moved &= row[i]
		c[i] |= moved
		any |= moved
	}
	return any != 0
}

func (c *cell) add(bit uint32) { c[bit/64] |= 1 << (bit % 64) }

// takeShiftedWord is takeShifted from a cell of which only word i is not empty.
func (c *cell) takeShiftedWord(word uint64, i, by int, row *cell) bool {
	i += by >> 6
	low, high := word<<(by&63), word>>1>>(63-by&63)
	any := uint64(0)
	if uint(i) < cellWords {
		any = low & row[i]
		c[i] |= any
	}
	if i++; uint(i) < cellWords {
		c[i] |= high & row[i]
		any |= high & row[i]
	}
	return any != 0
}
