package conf

import "strings"

// appendToken writes text bare where the grammar reads it back as one token,
// and in quotes where it does not.
func appendToken(dst []byte, text string) []byte {
	if text == "" || strings.ContainsAny(text, " \t\n\v\f\r\"#{}") {
		return appendQuoted(dst, text)
	}
	return append(dst, text...)
}

// appendQuoted writes text in quotes: a quote gets a backslash, and so does
// each backslash of a run that a quote, or the closing one, follows.
func appendQuoted(dst []byte, text string) []byte {
	dst = append(dst, '"')
	backslashes := 0
	for i := range len(text) {
		switch text[i] {
		case '\\':
			backslashes++
		case '"':
			dst = appendBackslashes(dst, backslashes+1)
			backslashes = 0
		default:
			backslashes = 0
		}
		dst = append(dst, text[i])
	}
	dst = appendBackslashes(dst, backslashes)
	return append(dst, '"')
}

func appendBackslashes(dst []byte, n int) []byte {
	for range n {
		dst = append(dst, '\\')
	}
	return dst
}
