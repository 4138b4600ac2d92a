package match

import (
	"regexp"
	"sync/atomic"
)

type lazyCapture struct{ re atomic.Pointer[regexp.Regexp] }

// Group returns where in uri a capture group (0: the whole match) of the
// leftmost-longest match of pattern index stands; false when the expression
// is not found, or has no such group, or the group took no part.
func (s *Set) Group(index, group int, uri []byte) (lo, hi int, ok bool) {
	if index < 0 || index >= len(s.patterns) || group < 0 {
		return 0, 0, false
	}
	re := s.captures[index].re.Load()
	if re == nil {
		re = regexp.MustCompilePOSIX(s.patterns[index].Expr)
		s.captures[index].re.Store(re)
	}
	at := re.FindSubmatchIndex(uri)
	if 2*group+1 >= len(at) || at[2*group] < 0 {
		return 0, 0, false
	}
	return at[2*group], at[2*group+1], true
}
