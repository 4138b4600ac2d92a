package http1

// What a server sends is written anew before it reaches the client. So of its faults those are overlooked that leave
// one meaning only, as the servers that make them work behind other gateways. The rest is refused, as of a client.

// looseLine reads, from pos on, the field line that begins at b[line] and that fieldLine has refused. Beyond what that
// takes, the line may end with a bare LF, have blanks before its colon, and control characters in its value, but for
// NUL. Results are as for fieldLine.
func looseLine(b []byte, line, pos, colon int) (next, col int, f fault) {
	if colon == 0 {
		at := tokenEnd(b, pos)
		switch {
		case b[at] == '\n' && at == line:
			return at + 1, 0, lineEnds
		case b[at] != ' ' && b[at] != '\t' && b[at] != ':', at == line:
			return noName(b, line, at)
		}
		if colon = blanksEnd(b, at); colon == len(b) {
			return at, 0, needMore
		}
		if b[colon] != ':' {
			return colon + 1, 0, blankBeforeColon
		}
		pos = colon + 1
	}
	pos, next, f = looseEnd(b, pos, badFieldValue)
	if f == needMore {
		next = pos
	}
	return next, colon, f
}

// looseEnd reads the rest of a line from pos on: text that ends at end, then LF, or CR LF, and the next line at next. With
// needMore, end is what to go on from; nul is the fault of a NUL.
func looseEnd(b []byte, pos int, nul fault) (end, next int, f fault) {
	for end = pos; ; end++ {
		end = valueEnd(b, end)
		switch {
		case end == len(b):
			return end, 0, needMore
		case b[end] == '\n':
			return end, end + 1, ok
		case b[end] == 0:
			return end, end + 1, nul
		case b[end] != '\r':
		case end+1 == len(b):
			return end, 0, needMore
		case b[end+1] != '\n':
			return end, end + 2, bareCR
		default:
			return end, end + 2, ok
		}
	}
}

// blanksEnd returns the first offset from i on that holds no blank, or len(b).
func blanksEnd(b []byte, i int) int {
	for i < len(b) && (b[i] == ' ' || b[i] == '\t') {
		i++
	}
	return i
}

// setLoose is set for a line that was read loosely: it is written anew.
func (f *Field) setLoose(b []byte, line, colon, next int) {
	end := next - 1
	if b[end-1] == '\r' {
		end--
	}
	f.Name = trim(b[line:colon])
	f.Kind = kindOf(f.Name)
	f.Value = trim(b[colon+1 : end])
	f.start, f.end = 0, 0
}

// unfold joins the line at p.line, which begins with a blank, to the one before it, by blanks instead of the line's end
// (RFC 9112 section 5.2). It does so in b. Nothing but blanks is not joined: to some recipients that is the empty line.
func (p *Parser) unfold(b []byte) (end int, f fault) {
	line := int(p.line)
	end = blanksEnd(b, line)
	switch {
	case end == len(b):
		return line, needMore
	case p.count == 0 || b[end] == '\r' || b[end] == '\n':
		return end + 1, foldedField
	}
	b[line-1] = ' '
	if b[line-2] == '\r' {
		b[line-2] = ' '
	}
	p.line, p.mark, p.pos = p.last, p.colon, int32(end)
	p.count--
	return end, ok
}

// foldEnd returns where the trailer line that begins b, and whose first line ends at next, ends with the lines that fold
// it, in the way of unfold. Only what comes behind it tells. With needMore, it is what to go on from.
func foldEnd(b []byte, next int) (end int, f fault) {
	for {
		if end = next - 1; b[end-1] == '\r' {
			end--
		}
		text := blanksEnd(b, next)
		switch {
		case text == len(b):
			return end, needMore
		case text == next:
			return next, ok
		case b[text] == '\r' || b[text] == '\n':
			return text + 1, foldedField
		}
		if end, next, f = looseEnd(b, text, badFieldValue); f == needMore {
			return end, f
		} else if f != ok {
			return next, f
		}
	}
}

// looseStatus checks the status line up to the byte after the code, which is in p.mark then. Empty lines may come before
// it, and several blanks stand between version and code (RFC 9112 sections 2.2 and 4).
func (p *Parser) looseStatus(b []byte, lim *Limits) (end int, f fault) {
	start := 0
	p.line = 0
	for ; start < len(b) && (b[start] == '\r' || b[start] == '\n'); start++ {
		if b[start] == '\n' {
			continue
		}
		if start++; start == len(b) {
			return start, needMore
		}
		if b[start] != '\n' {
			return start + 1, bareCR
		}
	}
	if p.judge(ok, start, lim) != ok {
		return start, ok
	}
	p.line = int32(start)
	if end, f = responseVersion(b, start); f != ok {
		return end, f
	}
	code := blanksEnd(b, end)
	for i := range len("000 ") {
		at := code + i
		if at == len(b) {
			return at, needMore
		}
		switch c := b[at]; {
		case code == end, i < 3 && (c < '0' || c > '9'), i == 0 && c == '0',
			i == 3 && c != ' ' && c != '\t' && c != '\r' && c != '\n':
			return at + 1, badStatusLine
		}
	}
	p.stage, p.mark, p.pos = inReason, int32(code), int32(code+3)
	return code + 3, ok
}

// responseVersion checks "HTTP/1.x" at b[start:].
func responseVersion(b []byte, start int) (end int, f fault) {
	const form = "HTTP/0.0"
	for i := range len(form) {
		at := start + i
		if at == len(b) {
			return at, needMore
		}
		c := b[at]
		switch digit := c >= '0' && c <= '9'; {
		case i < 5 && c != form[i]:
			return at + 1, notHTTP
		case form[i] == '0' && !digit, i == 6 && c != '.':
			return at + 1, badStatusLine
		case i == 5 && c != '1':
			return at + 1, otherVersion
		}
	}
	return start + len(form), ok
}
