package http1

// namesConnectionScheme reports whether a value of credentials or challenges (RFC 9110 section 11) names NTLM or
// Negotiate. Those authenticate the connection and not the request (RFC 4559 section 6): whose next requests it
// carries is taken for who sent these.
//
// A scheme stands first, or behind a comma outside of quotes. What "=" follows behind a comma is a parameter of the
// challenge before it. Where a quote has no end, recipients differ about what is within it, so that nothing is.
func namesConnectionScheme(value []byte) bool {
	whole := quotesEnd(value)
	for i := 0; i < len(value); i = elementEnd(value, i, whole) + 1 {
		i = blanksEnd(value, i)
		end := tokenEnd(value, i)
		if name := value[i:end]; (foldEqual(name, "ntlm") || foldEqual(name, "negotiate")) && !isParameter(value, i, end) {
			return true
		}
	}
	return false
}

// isParameter reports whether the token value[start:end] is the name of a parameter: only behind a comma, as a parameter
// needs a scheme before it.
func isParameter(value []byte, start, end int) bool {
	blanks := blanksEnd(value, end)
	return start > 0 && blanks < len(value) && value[blanks] == '='
}

// quotesEnd reports whether each quote in a value has its end.
func quotesEnd(value []byte) bool {
	quoted := false
	for i := 0; i < len(value); i++ {
		switch c := value[i]; {
		case c == '"':
			quoted = !quoted
		case c == '\\' && quoted:
			i++
		}
	}
	return !quoted
}

// elementEnd returns where the list element that goes on at i ends: at its comma, or at len(value). quotes tells that
// a comma within them ends none.
func elementEnd(value []byte, i int, quotes bool) int {
	quoted := false
	for ; i < len(value); i++ {
		switch c := value[i]; {
		case c == '"' && quotes:
			quoted = !quoted
		case c == '\\' && quoted:
			i++
		case c == ',' && !quoted:
			return i
		}
	}
	return min(i, len(value))
}
