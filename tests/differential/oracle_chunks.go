package differential

import (
	"regexp"
	"slices"
	"strconv"
	"strings"
)

const quoted = `"(?:[\t !#-\[\]-~\x{80}-\x{ff}]|\\[\t -~\x{80}-\x{ff}])*"`

var (
	sizeLine = regexp.MustCompile(`^([0-9A-Fa-f]+)((?:[ \t]*;[ \t]*` + tokenClass + `(?:[ \t]*=[ \t]*(?:` + tokenClass + `|` + quoted + `))?)*)$`)
	inQuotes = regexp.MustCompile(quoted)
)

// readChunks reads a chunked body (RFC 9112, section 7.1), as far as it goes.
func (m *Message) readChunks(text string) (rest string, _ refusal) {
	for {
		line, after, found := strings.Cut(text, "\r\n")
		if !found {
			return "", ""
		}
		parts := sizeLine.FindStringSubmatch(latin1(line))
		if parts == nil {
			return "", "no chunk size"
		}
		size, err := strconv.ParseUint(parts[1], 16, 63)
		if err != nil {
			return "", "a chunk size that overflows"
		}
		m.may("a chunk size of more than 16 digits", len(parts[1]) > 16)
		m.may("blanks in a chunk extension", strings.ContainsAny(inQuotes.ReplaceAllString(parts[2], ""), " \t"))
		m.may("a limit", len(parts[2]) > 256)
		if size == 0 {
			return m.readTrailer(after)
		}
		n := min(uint64(len(after)), size)
		m.Body += after[:n]
		if n < size || len(after) < int(size)+2 {
			if data := after[n:]; data != "" && data != "\r" {
				return "", "no line end after a chunk's data"
			}
			return "", ""
		}
		if after[size:size+2] != "\r\n" {
			return "", "no line end after a chunk's data"
		}
		text = after[size+2:]
	}
}

// readTrailer reads the fields after the last chunk. Those that frame or route
// mean nothing there.
func (m *Message) readTrailer(text string) (rest string, _ refusal) {
	var lines []string
	for total := 0; ; {
		line, after, found := strings.Cut(text, "\r\n")
		if !found {
			return "", ""
		}
		text = after
		if line == "" {
			m.Whole = true
			slices.Sort(lines)
			m.Trailer = strings.Join(lines, "")
			return text, ""
		}
		parts := fieldLine.FindStringSubmatch(latin1(line))
		if parts == nil {
			return "", "no field line in the trailer"
		}
		total += len(line) + 2
		m.may("a limit", total+2 > 8192)
		if name := strings.ToLower(parts[1]); !slices.Contains(forOne, name) && name != "cookie" && name != "trailer" {
			lines = append(lines, name+": "+bytesOf(parts[2])+"\n")
		}
	}
}
