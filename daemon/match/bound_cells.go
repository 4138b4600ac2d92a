package match

// reckon finds what each cell costs by itself, all its nodes being live.
func (b *bounder) reckon() {
	l := b.l
	b.atMost = resized(b.atMost, len(l.marks)*l.symbols)
	b.arriving = resized(b.arriving, len(l.marks))
	for c := range l.marks {
		b.arriving[c] = b.arrivingIn(uint32(c))
	}
	for c := range l.marks {
		for symbol := range l.symbols {
			words, last := cellWords/2, uint32(nowhere)
			arrive := func(to uint32) {
				if to != last {
					words += b.arriving[to]
				}
				last = to
			}
			for _, m := range l.movesOf(c, symbol) {
				switch m.how {
				case stayed, stayedAll:
				case single:
					words += singleWords
					arrive(m.to / cellBits)
				case gathered:
					words += moveWords
					arrive(m.to / cellBits)
				case forked:
					words += moveWords
					for _, f := range l.forks[m.to:][:l.rows[m.row].count()] {
						if f.row == oneBit {
							words += bitWords
							arrive(f.to / cellBits)
						} else {
							words += moveWords
							arrive(f.to)
						}
					}
				case 0:
					words += moveWords
					arrive(m.to)
				default:
					words += moveWords
					arrive(m.to)
				}
			}
			b.atMost[c*l.symbols+symbol] = int32(words)
		}
	}
}

// arrivingIn is what bits that come to a cell may cost there.
func (b *bounder) arrivingIn(c uint32) (words int) {
	m := &b.l.marks[c]
	if b.l.sticky[c/64]>>(c%64)&1 != 0 {
		words += moveWords
	}
	if m.accept != 0 {
		looked := b.l.rows[m.accept].count()
		if m.rising {
			looked = min(looked, cellBits/b.l.column)
		}
		words += cellWords + bitWords*looked
	}
	if m.hit != 0 {
		words += cellWords
		if b.values {
			words += bitWords * b.l.rows[m.hit].count()
		}
	}
	return words
}

// ofBit is what one bit costs that is live among others of its cell, or by itself.
func (b *bounder) ofBit(place uint32, symbol int) int {
	l := b.l
	c, bit := place/cellBits, place%cellBits
	words := cellWords / 2
	for _, m := range l.movesOf(int(c), symbol) {
		if m.how == single {
			words += oneWords
			if m.row == bit {
				words += b.oneArriving(m.to / cellBits)
			}
			continue
		}
		words += moveWords / 2
		row := &l.rows[m.row]
		switch {
		case m.how == gathered && row.has(bit):
			words += b.oneArriving(m.to / cellBits)
		case m.how == forked && row.has(bit):
			words += moveWords
			if f := l.forks[m.to+uint32(row.below(bit))]; f.row == oneBit {
				words += bitWords + b.oneArriving(f.to/cellBits)
			} else {
				words += moveWords + b.arriving[f.to]
			}
		case m.how < cellBits && uint32(int32(bit)+m.how) < cellBits && row.has(uint32(int32(bit)+m.how)):
			words += b.oneArriving(m.to)
		}
	}
	return words
}

// oneArriving is what one bit that comes to a cell may cost there.
func (b *bounder) oneArriving(c uint32) int {
	return min(b.arriving[c], moveWords+2*cellWords+2*bitWords)
}
