package knob

import "math"

// Limits are the knobs that the original did not have: what a hostile or
// broken client may cost. 0 is no limit where a knob says so. Defaults are what
// ordinary browsers, programs and servers stay well below. What bounds a
// request's head bounds a response's only where it is more than the default.
type Limits struct {
	RequestLine       *Knob
	HeaderBytes       *Knob
	HeaderFields      *Knob
	ChunkExt          *Knob
	BodyKB            *Knob
	PipelineBytes     *Knob
	RequestsPerConn   *Knob
	ConnsPerSource    *Knob
	ConnRate          *Knob
	RequestRate       *Knob
	HeaderTimeout     *Knob
	BodyMinRate       *Knob
	ConnectTimeout    *Knob
	FirstByteTimeout  *Knob
	RequestTimeout    *Knob
	BufferedMegabytes *Knob
	ClientKeepalive   *Knob
	ServerKeepalive   *Knob
	AbortOnClose      *Knob
}

func (k *Knobs) addLimits() {
	l := &k.Limits
	for _, s := range []struct {
		knob **Knob
		spec spec
	}{
		{&l.RequestLine, spec{name: "max_request_line", unit: "bytes", initial: 8192, min: 64, max: 64 << 10,
			help: "longest request line, 414 past it, and longest header field line, 431 past it"}},
		{&l.HeaderBytes, spec{name: "max_header_bytes", unit: "bytes", initial: 32 << 10, min: 1024, max: 256 << 10,
			help: "request line and header fields together, and trailer fields, of which 8192 is the most; 431 past it"}},
		{&l.HeaderFields, spec{name: "max_header_fields", unit: "fields", initial: 100, min: 1, max: 10000,
			help: "header fields of a request; 431 past it"}},
		{&l.ChunkExt, spec{name: "max_chunk_ext", unit: "bytes", initial: 256, min: 0, max: 64 << 10,
			help: "chunk extension on one chunk; 400 past it; 0 allows none"}},
		{&l.BodyKB, spec{name: "max_body_kb", unit: "KiB", initial: 0, min: 0, max: math.MaxInt32,
			help: "body of a request; 413 past it; 0 is no limit"}},
		{&l.PipelineBytes, spec{name: "max_pipeline_bytes", unit: "bytes", initial: 16 << 10, min: 1024, max: 256 << 10,
			help: "how much is read ahead of requests that wait for their turn"}},
		{&l.RequestsPerConn, spec{name: "max_requests_per_conn", unit: "requests", initial: 0, min: 0, max: math.MaxInt32,
			help: "requests on one client connection, which closes with the last; 0 is no limit"}},
		{&l.ConnsPerSource, spec{name: "max_conns_per_source", unit: "connections", initial: 0, min: 0, max: math.MaxInt32,
			help: "connections open at once from one address, or one IPv6 /64; 429 past it; 0 is no limit"}},
		{&l.ConnRate, spec{name: "conn_rate_per_source", unit: "connections a second", initial: 0, min: 0, max: math.MaxInt32,
			help: "new connections from one address, or one IPv6 /64, a second's worth at once; 429 past it; 0 is no limit"}},
		{&l.RequestRate, spec{name: "request_rate_per_source", unit: "requests a second", initial: 0, min: 0, max: math.MaxInt32,
			help: "requests from one address, or one IPv6 /64, a second's worth at once; 429 past it, on a connection that stays open unless a body was to come; 0 is no limit"}},
		{&l.HeaderTimeout, spec{name: "header_timeout", unit: second, initial: 30, min: 1, max: 7 * days,
			help: "from a connection's begin, later from a request's first byte, to the end of its header fields; 408 past it, or nothing if nothing came"}},
		{&l.BodyMinRate, spec{name: "body_min_rate", unit: "bytes a second", initial: 100, min: 0, max: math.MaxInt32,
			help: "a client that sends its body slower, after 10 seconds' grace, gets 408; time that it waits for the server is not counted; 0 is no limit"}},
		{&l.ConnectTimeout, spec{name: "connect_timeout", unit: second, initial: 5, min: 1, max: 7 * days,
			help: "how long a real server may take to accept a connection; past it another is tried, up to three in all, and 504 past the last"}},
		{&l.FirstByteTimeout, spec{name: "first_byte_timeout", unit: second, initial: 0, min: 0, max: 7 * days,
			help: "how long a real server may take to begin its response; 504 past it; 0 is read_timeout"}},
		{&l.RequestTimeout, spec{name: "request_timeout", unit: second, initial: 0, min: 0, max: 7 * days,
			help: "a request from the end of its header fields, and its response, together; 408, 504 or a response cut off past it; 0 is no limit"}},
		{&l.BufferedMegabytes, spec{name: "max_buffered_mb", unit: "MiB", initial: 256, min: 1, max: 1 << 20,
			help: "bytes held for all clients together; past it, those of the service that holds most are cut off who have held much for long"}},
		{&l.ClientKeepalive, spec{name: "client_keepalive", unit: second, initial: 120, min: 0, max: 32767,
			help: "silence after which the kernel asks whether a client's host is still there (TCP keepalive); 0 is never"}},
		{&l.ServerKeepalive, spec{name: "server_keepalive", unit: second, initial: 120, min: 0, max: 32767,
			help: "silence after which the kernel asks whether a real server's host is still there (TCP keepalive); 0 is never"}},
		{&l.AbortOnClose, spec{name: "abort_on_close", unit: "mode", initial: 1, min: 0, max: 2,
			help: "a client that ends its sending side before its answer begins 0: waits on; 1: is asked, a second later, whether it is still there, and given up if it is not; 2: is given up"}},
	} {
		*s.knob = k.add(s.spec)
	}
}
