package main

import "strings"

// splitWords divides a line into words as a shell does: blanks divide, quotes and
// backslashes take them in, and a number sign where a word would begin starts a
// comment. Nothing is expanded.
func splitWords(line string) ([]string, error) {
	var list []string
	for {
		line = strings.TrimLeft(line, " \t\r\n")
		if line == "" || line[0] == '#' {
			return list, nil
		}
		word, rest, err := cutWord(line)
		if err != nil {
			return nil, err
		}
		list, line = append(list, word), rest
	}
}

// cutWord takes the first word off a line that begins with it.
func cutWord(line string) (word, rest string, err error) {
	var b strings.Builder
	for i := 0; i < len(line); i++ {
		switch c := line[i]; c {
		case ' ', '\t', '\r', '\n':
			return b.String(), line[i:], nil
		case '\'':
			end := strings.IndexByte(line[i+1:], '\'')
			if end < 0 {
				return "", "", usagef("a quote (') is not closed")
			}
			b.WriteString(line[i+1 : i+1+end])
			i += 1 + end
		case '"':
			for i++; i < len(line) && line[i] != '"'; i++ {
				if line[i] == '\\' && i+1 < len(line) && strings.IndexByte("\"\\$`", line[i+1]) >= 0 {
					i++
				}
				b.WriteByte(line[i])
			}
			if i >= len(line) {
				return "", "", usagef(`a quote (") is not closed`)
			}
		case '\\':
			if i++; i >= len(line) {
				return "", "", usagef("a backslash stands at the end of the line")
			}
			b.WriteByte(line[i])
		default:
			b.WriteByte(c)
		}
	}
	return b.String(), "", nil
}
