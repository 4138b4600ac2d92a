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
	// ByConnection is a field that a connection option names: it was meant for the gateway alone and
	// is not passed on (RFC 9110 section 7.6.1).
	ByConnection
)

// kindOf names a valid field name without regard to case.
func kindOf(name []byte) FieldKind {
	var lower string
	var kind FieldKind
	switch uint(len(name))<<8 | uint(name[0]|0x20) {
	case 2<<8 | 't':
		lower, kind = "te", TE
	case 3<<8 | 'v':
		lower, kind = "via", Via
	case 4<<8 | 'h':
		lower, kind = "host", Host
	case 4<<8 | 'd':
		lower, kind = "date", Date
	case 6<<8 | 'c':
		lower, kind = "cookie", Cookie
	case 6<<8 | 'e':
		lower, kind = "expect", Expect
	case 7<<8 | 'u':
		lower, kind = "upgrade", Upgrade
	case 7<<8 | 't':
		lower, kind = "trailer", Trailer
	case 10<<8 | 'c':
		lower, kind = "connection", Connection
	case 10<<8 | 'k':
		lower, kind = "keep-alive", KeepAlive
	case 10<<8 | 's':
		lower, kind = "set-cookie", SetCookie
	case 12<<8 | 'm':
		lower, kind = "max-forwards", MaxForwards
	case 14<<8 | 'c':
		lower, kind = "content-length", ContentLength
	case 14<<8 | 'h':
		lower, kind = "http2-settings", HTTP2Settings
	case 16<<8 | 'p':
		lower, kind = "proxy-connection", ProxyConnection
	case 17<<8 | 't':
		lower, kind = "transfer-encoding", TransferEncoding
	default:
		return OtherField
	}
	if !foldEqual(name, lower) {
		return OtherField
	}
	return kind
}

// foldEqual compares a token with a lower-case one of letters, digits and "-" without regard to case.
// Setting the case bit maps no other token byte onto one of those.
func foldEqual(token []byte, lower string) bool {
	if len(token) != len(lower) {
		return false
	}
	for i, c := range token {
		if c|0x20 != lower[i] {
			return false
		}
	}
	return true
}
