package http1

// Field is one field line of a head: both parts alias the input, without the blanks around the value.
type Field struct {
	Name, Value []byte
	Kind        FieldKind

	// Where the line lies in the head: [start, end), CR LF included. Lines that are forwarded and
	// touch each other are copied as one.
	start, end int32
}

// FieldKind tells apart the fields the gateway itself acts upon.
type FieldKind uint8

// The field kinds. OtherField is the zero value: the gateway passes the field on and does not look at it.
const (
	OtherField FieldKind = iota
	Host
	Connection
	ContentLength
	TransferEncoding
	TE
	Trailer
	Upgrade
	Expect
	MaxForwards
	KeepAlive
	ProxyConnection
	HTTP2Settings
	Via
	Date
	Cookie
	SetCookie
	Credentials // Authorization and Proxy-Authorization
	Challenge   // WWW-Authenticate and Proxy-Authenticate
	// ByConnection is a field that a connection option names: it was meant for the gateway alone and
	// is not passed on (RFC 9110 section 7.6.1).
	ByConnection
)

// kindOf names a valid field name without regard to case.
func kindOf(name []byte) FieldKind {
	var known string
	var kind FieldKind
	switch uint(len(name))<<8 | uint(name[0]|0x20) {
	case 2<<8 | 't':
		known, kind = "te", TE
	case 3<<8 | 'v':
		known, kind = "via", Via
	case 4<<8 | 'h':
		known, kind = "host", Host
	case 4<<8 | 'd':
		known, kind = "date", Date
	case 5<<8 | 'c':
		known, kind = "close", KeepAlive // reserved (RFC 9112 section 9.6): it would be the option's field
	case 6<<8 | 'c':
		known, kind = "cookie", Cookie
	case 6<<8 | 'e':
		known, kind = "expect", Expect
	case 7<<8 | 'u':
		known, kind = "upgrade", Upgrade
	case 7<<8 | 't':
		known, kind = "trailer", Trailer
	case 10<<8 | 'c':
		known, kind = "connection", Connection
	case 10<<8 | 'k':
		known, kind = "keep-alive", KeepAlive
	case 10<<8 | 's':
		known, kind = "set-cookie", SetCookie
	case 12<<8 | 'm':
		known, kind = "max-forwards", MaxForwards
	case 13<<8 | 'a':
		known, kind = "authorization", Credentials
	case 14<<8 | 'c':
		known, kind = "content-length", ContentLength
	case 14<<8 | 'h':
		known, kind = "http2-settings", HTTP2Settings
	case 16<<8 | 'p':
		known, kind = "proxy-connection", ProxyConnection
	case 16<<8 | 'w':
		known, kind = "www-authenticate", Challenge
	case 17<<8 | 't':
		known, kind = "transfer-encoding", TransferEncoding
	case 18<<8 | 'p':
		known, kind = "proxy-authenticate", Challenge
	case 19<<8 | 'p':
		known, kind = "proxy-authorization", Credentials
	default:
		return OtherField
	}
	if !foldEqual(name, known) {
		return OtherField
	}
	return kind
}

// foldEqual compares b with a lower-case text of letters, digits and "-" without regard to case. Setting
// the case bit maps no other byte that a field or target may hold onto one of those.
func foldEqual(b []byte, lower string) bool {
	if len(b) != len(lower) {
		return false
	}
	for i, c := range b {
		if c|0x20 != lower[i] {
			return false
		}
	}
	return true
}

// set makes f the line b[line:next] with its colon at b[colon]. The line is kept for copying only in the
// form that would be written anew: one SP after the colon, nothing after the value.
func (f *Field) set(b []byte, line, colon, next int) {
	from, end := colon+1, next-2
	f.Name = b[line:colon:colon]
	f.Kind = kindOf(f.Name)
	if end-from >= 2 && b[from] == ' ' && b[from+1] > ' ' && b[end-1] > ' ' {
		f.Value = b[from+1 : end : end]
		f.start, f.end = int32(line), int32(next)
		return
	}
	f.Value = trim(b[from:end])
	f.start, f.end = 0, 0
}

// header finds the i-th field of a name.
func header(fields []Field, name string, i int) ([]byte, bool) {
	for j := range fields {
		if f := &fields[j]; sameName(f.Name, name) {
			if i == 0 {
				return f.Value, true
			}
			i--
		}
	}
	return nil, false
}

// sameName compares two field names without regard to case.
func sameName(name []byte, want string) bool {
	if len(name) != len(want) {
		return false
	}
	for i, c := range name {
		if lower[c] != lower[want[i]] {
			return false
		}
	}
	return true
}
