package http1

// namesConnectionScheme reports whether a value of credentials or challenges (RFC 9110 section 11) names NTLM or
// Negotiate. Those authenticate the connection and not the request (RFC 4559 section 6): whose next requests it
// carries is taken for who sent these.
//
// A scheme stands first, or behind a comma outside of quotes. What "=" follows there is a parameter of the challenge
// before it.
func namesConnectionScheme(value []byte) bool {
	for i := 0; i < len(value); i = elementEnd(value, i) + 1 {
		for i < len(value) && (value[i] == ' ' || value[i] == '\t') {
			i++
		}
		end := tokenEnd(value, i)
		if name := value[i:end]; (foldEqual(name, "ntlm") || foldEqual(name, "negotiate")) && !isParameter(value, i, end) {
			return true
		}
	}
	return false
}

// isParameter reports whether the token value[start:end] is the name of a parameter: with blanks before the "=", only
// behind a comma, as a parameter needs a scheme before it.
func isParameter(value []byte, start, end int) bool {
	blanks := end
	for blanks < len(value) && (value[blanks] == ' ' || value[blanks] == '\t') {
		blanks++
	}
	return blanks < len(value) && value[blanks] == '=' && (blanks == end || start > 0)
}

// elementEnd returns where the list element that goes on at i ends: at its comma, or at len(value).
func elementEnd(value []byte, i int) int {
	quoted := false
	for ; i < len(value); i++ {
		switch c := value[i]; {
		case c == '"':
			quoted = !quoted
		case c == '\\' && quoted:
			i++
		case c == ',' && !quoted:
			return i
		}
	}
	return min(i, len(value))
}
