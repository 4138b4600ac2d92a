package http1

// Parser finds one head after the other in a stream; the zero value is ready. Between calls it remembers
// how far it has looked and what it stood in, no bytes: whatever the pieces a head arrives in, each of its
// bytes is looked at twice at most, except for the first maxMethod ones, and what is odd in a response.
//
// A fault is reported at the byte that shows it, and the same one however the bytes are cut.
type Parser struct {
	stage stage
	pos   int32 // looked at so far
	line  int32 // where the present line begins
	mark  int32 // in it: the end of the method, or the colon (0: not found yet)
	count int32 // field lines so far
	last  int32 // the field line before the present one
	colon int32 // and its colon
}

// stage is the part of a head that Parser.pos stands in.
type stage uint8

const (
	atStart stage = iota
	inRequestTarget
	inVersion
	inReason
	inFields
)

// Reset forgets a head that was begun. It is not needed after a head or an error was returned.
func (p *Parser) Reset() { *p = Parser{} }

// within bounds what is looked at: one byte past the longest head tells that it is too long. More was looked at
// before if the limit has been lowered since.
func (p *Parser) within(b []byte, lim *Limits) []byte {
	return b[:min(len(b), max(lim.Head+1, int(p.pos)))]
}

// judge turns f, shown by the stream up to end, into the fault of a limit if that was passed before.
func (p *Parser) judge(f fault, end int, lim *Limits) fault {
	lineEnd := int(p.line) + lim.Line
	switch {
	case end <= lineEnd && end <= lim.Head:
		return f
	case lineEnd > lim.Head:
		return headTooLong
	case p.stage == inFields:
		return fieldTooLong
	default:
		return lineTooLong
	}
}

// section reads field lines from p.pos to the empty line and appends them to fields; loose is for those of a response.
// It returns ok with the offset after the empty line, needMore, or what is wrong with the offset after the byte that
// shows it.
func (p *Parser) section(b []byte, lim *Limits, fields []Field, loose bool) ([]Field, int, fault) {
	last, before := p.last, p.colon
	odd := false // the line is to be written anew
	for {
		line := int(p.line)
		next, colon, f := fieldLine(b, line, int(p.pos), int(p.mark))
		if f > needMore && loose {
			odd = true
			if f == foldedField {
				p.last, p.colon = last, before
				if next, f = p.unfold(b); f == ok {
					fields = fields[:max(len(fields)-1, 0)]
					continue
				}
				colon = 0
			} else {
				next, colon, f = looseLine(b, line, int(p.pos), int(p.mark))
			}
		}
		if f == needMore {
			p.pos, p.mark, p.last, p.colon = int32(next), int32(colon), last, before
			return fields, len(b), p.judge(f, len(b), lim)
		}
		if f = p.judge(f, next, lim); f != ok {
			if f == lineEnds {
				f = ok
			}
			return fields, next, f
		}
		if p.count++; int(p.count) > lim.Fields {
			return fields, next, tooManyFields
		}
		fields = append(fields, Field{})
		if odd {
			fields[len(fields)-1].setLoose(b, line, colon, next)
			odd = false
		} else {
			fields[len(fields)-1].set(b, line, colon, next)
		}
		last, before = int32(line), int32(colon)
		p.line, p.pos, p.mark = int32(next), int32(next), 0
	}
}

// fieldLine scans the field line that begins at b[line] (RFC 9112 section 5), from pos on, where colon is
// that of the line or 0. It returns
//
//   - ok: the line is b[line:next], CR LF included, its colon at b[colon];
//   - lineEnds: it is the empty line, which ends at next;
//   - needMore: what pos and colon are to be when there is more;
//   - anything else: the fault that b[next-1] shows.
func fieldLine(b []byte, line, pos, colon int) (next, col int, f fault) {
	if colon == 0 {
		pos = tokenEnd(b, pos)
		if pos == len(b) {
			return pos, 0, needMore
		}
		if b[pos] != ':' || pos == line {
			return noName(b, line, pos)
		}
		colon = pos
		pos++
	}
	pos = valueEnd(b, pos)
	switch {
	case pos == len(b):
		return pos, colon, needMore
	case b[pos] == '\n':
		return pos + 1, colon, bareLF
	case b[pos] != '\r':
		return pos + 1, colon, badFieldValue
	case pos+1 == len(b):
		return pos, colon, needMore
	case b[pos+1] != '\n':
		return pos + 2, colon, bareCR
	}
	return pos + 2, colon, ok
}

// noName tells what b[pos] means where a name's next byte or its colon should be.
func noName(b []byte, line, pos int) (next, col int, f fault) {
	switch c := b[pos]; {
	case c == '\r' && pos == line:
		if pos+1 == len(b) {
			return pos, 0, needMore
		}
		if b[pos+1] == '\n' {
			return pos + 2, 0, lineEnds
		}
		return pos + 2, 0, bareCR
	case c == '\n':
		return pos + 1, 0, bareLF
	case c == ' ' || c == '\t':
		if pos == line {
			return pos + 1, 0, foldedField
		}
		return pos + 1, 0, blankBeforeColon
	}
	return pos + 1, 0, badFieldName
}
