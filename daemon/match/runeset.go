package match

import (
	"regexp/syntax"
	"slices"
	"unicode"
)

// runeSet is a set of characters in a form that can be compared and be a map's
// key: the bounds lo, hi of its ranges in order, three bytes each.
type runeSet string

const maxRune = unicode.MaxRune

var (
	anyRune    = newRuneSet(0, maxRune)
	anyButLine = newRuneSet(0, '\n'-1, '\n'+1, maxRune)
)

// newRuneSet takes pairs of bounds in rising order.
func newRuneSet(bounds ...rune) runeSet {
	packed := make([]byte, 0, 3*len(bounds))
	for _, r := range bounds {
		packed = append(packed, byte(r>>16), byte(r>>8), byte(r))
	}
	return runeSet(packed)
}

// ranges calls yield with each range.
func (s runeSet) ranges(yield func(lo, hi rune)) {
	for i := 0; i < len(s); i += 6 {
		yield(s.bound(i), s.bound(i+3))
	}
}

func (s runeSet) bound(i int) rune {
	return rune(s[i])<<16 | rune(s[i+1])<<8 | rune(s[i+2])
}

// literalSet is the set that one literal character of an expression stands
// for: itself, or all its cases.
func literalSet(r rune, flags syntax.Flags) runeSet {
	if flags&syntax.FoldCase == 0 {
		return newRuneSet(r, r)
	}
	return newRuneSet(cases(r)...)
}

// cases returns the bounds of the set of all cases of a character.
func cases(r rune) []rune {
	all := []rune{r}
	for f := unicode.SimpleFold(r); f != r; f = unicode.SimpleFold(f) {
		all = append(all, f)
	}
	slices.Sort(all)
	bounds := make([]rune, 0, 2*len(all))
	for _, c := range all {
		bounds = append(bounds, c, c)
	}
	return bounds
}

// lowered takes the capitals of ASCII out of an expression that is found
// regardless of case where the texts it is looked for in have none: without
// them most of its sets are single characters.
func lowered(re *syntax.Regexp) *syntax.Regexp {
	low := *re
	switch re.Op {
	case syntax.OpCharClass:
		low.Rune = withoutCapitals(re.Rune)
	case syntax.OpLiteral:
		low = syntax.Regexp{Op: syntax.OpConcat}
		for _, r := range re.Rune {
			low.Sub = append(low.Sub, &syntax.Regexp{Op: syntax.OpCharClass, Rune: withoutCapitals(cases(r))})
		}
		if len(low.Sub) == 1 {
			low = *low.Sub[0]
		}
	default:
		low.Sub = make([]*syntax.Regexp, len(re.Sub))
		for i, sub := range re.Sub {
			low.Sub[i] = lowered(sub)
		}
	}
	return &low
}

func withoutCapitals(bounds []rune) (rest []rune) {
	for i := 0; i < len(bounds); i += 2 {
		lo, hi := bounds[i], bounds[i+1]
		if below := min(hi, 'A'-1); lo <= below {
			rest = append(rest, lo, below)
		}
		if above := max(lo, 'Z'+1); above <= hi {
			rest = append(rest, above, hi)
		}
	}
	return rest
}

// appendLower appends text with the capitals of ASCII made small.
func appendLower(to, text []byte) []byte {
	for _, b := range text {
		if 'A' <= b && b <= 'Z' {
			b |= 0x20
		}
		to = append(to, b)
	}
	return to
}

// setOf returns the set of characters that re stands for, when it is just one
// character of a set.
func setOf(re *syntax.Regexp) (runeSet, bool) {
	switch re.Op {
	case syntax.OpLiteral:
		if len(re.Rune) == 1 {
			return literalSet(re.Rune[0], re.Flags), true
		}
	case syntax.OpCharClass:
		return newRuneSet(re.Rune...), len(re.Rune) > 0
	case syntax.OpAnyChar:
		return anyRune, true
	case syntax.OpAnyCharNotNL:
		return anyButLine, true
	case syntax.OpCapture:
		return setOf(re.Sub[0])
	}
	return "", false
}
