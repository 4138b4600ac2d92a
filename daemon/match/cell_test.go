package match

import (
	"math/rand/v2"
	"testing"
)

// All ways to shift a cell do the same, bit by bit.
func TestCellsAreShiftedAsTheirBitsAre(t *testing.T) {
	r := rand.New(rand.NewPCG(31, 32))
	for by := -cellBits + 1; by < cellBits; by++ {
		var from, row, one, want, wantOne cell
		word := r.IntN(cellWords)
		for i := range from {
			from[i], row[i] = r.Uint64(), r.Uint64()
		}
		one[word] = from[word]
		for bit := range cellBits {
			if to := bit + by; to >= 0 && to < cellBits && row.has(uint32(to)) {
				if from.has(uint32(bit)) {
					want.add(uint32(to))
				}
				if one.has(uint32(bit)) {
					wantOne.add(uint32(to))
				}
			}
		}
		check := func(way string, got cell, any bool, want cell) {
			if got != want || any != (want != cell{}) {
				t.Errorf("%s by %d: %x %v, want %x", way, by, got, any, want)
			}
		}
		var got cell
		any := got.takeShifted(&from, by, &row)
		check("whole", got, any, want)
		got = cell{}
		any = got.takeShiftedWord(from[word], word, by, &row)
		check("one word", got, any, wantOne)
		if 0 < by && by < 64 {
			got = cell{}
			any = got.takeUp(&from, uint(by), &row)
			check("up", got, any, want)
		}
	}
}
