package http1

// extState is where in a chunk extension (RFC 9112 section 7.1.1) the bytes looked at so far end. Blanks around
// ";" and "=", which the grammar calls bad, are refused: recipients differ about them.
type extState uint8

const (
	extNone     extState = iota // before the first ";"
	extName0                    // a name must begin
	extName                     // in a name
	extValue0                   // a value must begin
	extValue                    // in an unquoted value
	extQuoted                   // in a quoted value
	extEscaped                  // after "\" in a quoted value
	extUnquoted                 // after a quoted value
)

// extensions reads from the ";" at b[i] to the line's CR or LF, whose offset it returns with ok.
func (c *Chunked) extensions(b []byte, i, limit int) (end int, f fault) {
	for end = max(i, int(c.looked)); end < len(b); end++ {
		next := c.ext.after(b[end])
		switch {
		case (b[end] == '\r' || b[end] == '\n') && c.ext.complete():
			c.looked = int32(end)
			return end, ok
		case end-i >= limit:
			return 0, longChunkExt
		case next == extNone:
			return 0, badChunkExt
		}
		c.ext = next
	}
	c.looked = int32(end)
	return 0, needMore
}

// complete reports whether the line may end here.
func (s extState) complete() bool { return s == extName || s == extValue || s == extUnquoted }

// after returns the state after byte c, extNone where it can not stand.
func (s extState) after(c byte) extState {
	switch {
	case s == extEscaped && inValue[c], s == extQuoted && inValue[c] && c != '"' && c != '\\':
		return extQuoted
	case s == extQuoted && c == '\\':
		return extEscaped
	case s == extQuoted && c == '"':
		return extUnquoted
	case s == extQuoted || s == extEscaped:
		return extNone
	case token[c] && (s == extName0 || s == extName):
		return extName
	case token[c] && (s == extValue0 || s == extValue):
		return extValue
	case c == '"' && s == extValue0:
		return extQuoted
	case c == '=' && s == extName:
		return extValue0
	case c == ';' && s != extName0 && s != extValue0:
		return extName0
	}
	return extNone
}
