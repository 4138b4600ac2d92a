package match

import "regexp/syntax"

// Only whether an expression is found counts, not where, so what may be empty
// at either end of it can go: "/images/.*" is found where "/images/" is, and
// "[a-z]*x+" where "x" is. Without this an automaton would have to keep every
// started ".*" in its states.
//
// "^.*" in front and ".*$" behind hold at any place in any line, and go too.

// trimmed returns the concatenation that re is found by: none is found
// everywhere. re is simplified (it has no counted repeats).
func trimmed(re *syntax.Regexp) []*syntax.Regexp {
	return trimStart(trimEnd(flatten(nil, re)))
}

// flatten appends the parts of a concatenation; groups do not matter here.
func flatten(parts []*syntax.Regexp, re *syntax.Regexp) []*syntax.Regexp {
	switch re.Op {
	case syntax.OpCapture:
		return flatten(parts, re.Sub[0])
	case syntax.OpConcat:
		for _, sub := range re.Sub {
			parts = flatten(parts, sub)
		}
		return parts
	case syntax.OpEmptyMatch:
		return parts
	}
	return append(parts, re)
}

func trimEnd(parts []*syntax.Regexp) []*syntax.Regexp {
	for len(parts) > 0 {
		rest, last := parts[:len(parts)-1], parts[len(parts)-1]
		switch last.Op {
		case syntax.OpStar, syntax.OpQuest:
			parts = rest
		case syntax.OpPlus:
			parts = flatten(rest[:len(rest):len(rest)], last.Sub[0])
		case syntax.OpEndLine:
			if len(rest) == 0 || !anything(rest[len(rest)-1]) {
				return parts
			}
			parts = rest[:len(rest)-1]
		case syntax.OpAlternate:
			either, all := trimEach(last, trimEnd)
			if !all {
				return append(rest[:len(rest):len(rest)], either)
			}
			parts = rest
		default:
			return parts
		}
	}
	return parts
}

func trimStart(parts []*syntax.Regexp) []*syntax.Regexp {
	for len(parts) > 0 {
		first, rest := parts[0], parts[1:]
		switch first.Op {
		case syntax.OpStar, syntax.OpQuest:
			parts = rest
		case syntax.OpPlus:
			parts = append(flatten(nil, first.Sub[0]), rest...)
		case syntax.OpBeginLine:
			if len(rest) == 0 || !anything(rest[0]) {
				return parts
			}
			parts = rest[1:]
		case syntax.OpAlternate:
			either, all := trimEach(first, trimStart)
			if !all {
				return append([]*syntax.Regexp{either}, rest...)
			}
			parts = rest
		default:
			return parts
		}
	}
	return parts
}

// trimEach trims each alternative; all is true when one of them became empty,
// so that the whole may be.
func trimEach(re *syntax.Regexp, trim func([]*syntax.Regexp) []*syntax.Regexp) (either *syntax.Regexp, all bool) {
	either = &syntax.Regexp{Op: syntax.OpAlternate, Flags: re.Flags}
	for _, sub := range re.Sub {
		parts := trim(flatten(nil, sub))
		switch len(parts) {
		case 0:
			return nil, true
		case 1:
			either.Sub = append(either.Sub, parts[0])
		default:
			either.Sub = append(either.Sub, &syntax.Regexp{Op: syntax.OpConcat, Sub: parts})
		}
	}
	return either, false
}

// anything tells ".*", groups around it or not.
func anything(re *syntax.Regexp) bool {
	for re.Op == syntax.OpCapture {
		re = re.Sub[0]
	}
	if re.Op != syntax.OpStar {
		return false
	}
	set, ok := setOf(re.Sub[0])
	return ok && (set == anyButLine || set == anyRune)
}
