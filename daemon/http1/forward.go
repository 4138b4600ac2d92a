package http1

// Forward is what the gateway decides about a message it passes on.
type Forward struct {
	KeepAlive bool   // whether the next hop is told that the connection stays open
	Host      []byte // request: authority to name instead of the request's own; nil: the request's
	NoExpect  bool   // request: leave Expect out, the client was told to continue already
	Minor     uint8  // response: the client's minor version
	Chunked   bool   // response: the body is sent in chunks; else by its length, or until close when it has none
	Upgrade   []byte // protocols for the Upgrade field; nil: none
	Date      []byte // response: value for Date when the server gave none; nil: none
	Extra     []byte // complete field lines to add, CR LF included
}

// AppendRequest appends the head of r for the next server, as HTTP/1.1.
func AppendRequest(dst []byte, r *Request, f *Forward) []byte { return dst }

// AppendResponse appends the head of r for the client, as HTTP/1.1.
func AppendResponse(dst []byte, r *Response, f *Forward) []byte { return dst }
