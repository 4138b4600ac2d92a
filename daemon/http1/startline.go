package http1

import "encoding/binary"

// maxMethod is the length past which a token can not be a method anybody implements.
const maxMethod = 32

// "HTTP/1.1" and "HTTP/1.0", as little-endian words.
const (
	http11 = 0x312e312f50545448
	http10 = 0x302e312f50545448
)

// requestLine reads the request line (RFC 9112 section 3), after one empty line at most (section 2.2).
// When it returns ok, p stands at the first field line.
func (p *Parser) requestLine(b []byte, lim *Limits, r *Request) fault {
	if p.stage == atStart {
		if end, f := p.method(b); f != ok {
			return p.judge(f, end, lim)
		}
	}
	if p.stage == inRequestTarget {
		end := targetEnd(b, int(p.pos))
		p.pos = int32(end)
		switch {
		case end == len(b):
			return p.judge(needMore, end, lim)
		case b[end] == '\r' || b[end] == '\n':
			return p.judge(noVersion, end+1, lim)
		case b[end] != ' ' || end == int(p.mark)+1:
			return p.judge(badTarget, end+1, lim)
		}
		r.MethodText = b[p.line:p.mark]
		r.Target = b[p.mark+1 : end]
		p.stage = inVersion
		p.pos++
	}
	minor, end, f := version(b, int(p.pos))
	if f = p.judge(f, end, lim); f != ok {
		return f
	}
	r.Minor = minor
	p.fields(end)
	return ok
}

// fields makes p stand at the first field line, at offset pos.
func (p *Parser) fields(pos int) {
	p.stage, p.pos, p.line, p.mark = inFields, int32(pos), int32(pos), 0
}

// method reads up to the blank after the method; end is how far the fault needed to see.
func (p *Parser) method(b []byte) (end int, f fault) {
	start := 0
	if len(b) > 0 && b[0] == '\r' {
		if len(b) == 1 {
			return 1, needMore
		}
		if b[1] != '\n' {
			return 2, bareCR
		}
		start = 2
	}
	p.line = int32(start)
	// One byte past the longest method is enough to see.
	end = tokenEnd(b[:min(len(b), start+maxMethod+1)], start)
	switch {
	case end-start > maxMethod:
		return end, methodTooLong
	case end == len(b):
		return end, needMore
	case b[end] == ' ' && end > start:
		p.stage, p.mark, p.pos = inRequestTarget, int32(end), int32(end+1)
		return end, ok
	case b[end] == 0x16 && end == 0:
		return 1, tlsHello
	case (b[end] == ' ' || b[end] == '\t') && end == start:
		return end + 1, blankFirst
	}
	return end + 1, notHTTP
}

// version reads "HTTP/1.x" and the end of the line at b[pos:]. end is after the line, or how far a fault
// needed to see.
func version(b []byte, pos int) (minor uint8, end int, f fault) {
	if len(b)-pos >= 10 && b[pos+8] == '\r' && b[pos+9] == '\n' {
		switch binary.LittleEndian.Uint64(b[pos:]) {
		case http11:
			return 1, pos + 10, ok
		case http10:
			return 0, pos + 10, ok
		}
	}
	return versionSlowly(b, pos)
}

// versionSlowly is version for what is incomplete or wrong.
func versionSlowly(b []byte, pos int) (minor uint8, end int, f fault) {
	const form = "HTTP/0.0\r\n"
	for i := range len(form) {
		at := pos + i
		if at == len(b) {
			return 0, at, needMore
		}
		switch c := b[at]; {
		case form[i] == '0' && c >= '0' && c <= '9':
			if i == 7 && b[at-2] != '1' {
				return 0, at + 1, otherVersion
			}
		case form[i] == '0', c != form[i]:
			switch {
			case c == '\n' && i == 8:
				return 0, at + 1, bareLF
			case i == 9:
				return 0, at + 1, bareCR
			}
			return 0, at + 1, badVersion
		}
	}
	// A minor version above ours is spoken to as ours (RFC 9110 section 2.5).
	return min(b[pos+7]-'0', 1), pos + len(form), ok
}

// statusLine reads the status line (RFC 9112 section 4). The reason may be missing with its blank, which
// many servers leave out. When it returns ok, p stands at the first field line.
// next is after the line, or after the byte that shows a fault.
func (p *Parser) statusLine(b []byte, lim *Limits, r *Response) (next int, f fault) {
	if p.stage == atStart && !p.plainStatus(b) {
		if next, f = p.looseStatus(b, lim); f != ok || p.stage == atStart {
			return next, p.judge(f, next, lim)
		}
	}
	code := int(p.mark)
	r.Minor = min(b[p.line+7]-'0', 1)
	r.Status = int(b[code]-'0')*100 + int(b[code+1]-'0')*10 + int(b[code+2]-'0')
	end, next, f := looseEnd(b, int(p.pos), badStatusLine)
	p.pos = int32(end)
	if f == needMore {
		next = len(b)
	}
	if f = p.judge(f, next, lim); f != ok {
		return next, f
	}
	r.Reason = trim(b[code+3 : end])
	p.fields(next)
	return next, ok
}

// plainStatus reads "HTTP/1.1 200 ", or of HTTP/1.0, as nearly all servers begin.
func (p *Parser) plainStatus(b []byte) bool {
	const code = len("HTTP/1.1 ")
	if len(b) < code+4 || b[code-1] != ' ' || b[code+3] != ' ' {
		return false
	}
	if version := binary.LittleEndian.Uint64(b); version != http11 && version != http10 {
		return false
	}
	if b[code]-'1' > 8 || b[code+1]-'0' > 9 || b[code+2]-'0' > 9 {
		return false
	}
	p.stage, p.line, p.mark, p.pos = inReason, 0, int32(code), int32(code+3)
	return true
}
