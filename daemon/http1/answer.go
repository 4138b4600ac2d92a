package http1

// AppendContinue appends a 100 (Continue) response.
func AppendContinue(dst []byte) []byte { return append(dst, "HTTP/1.1 100 Continue\r\n\r\n"...) }

// AppendError appends a small complete response of the gateway's own. date is the Date field's value;
// head leaves the body out, as for a response to HEAD.
func AppendError(dst []byte, status int, keepAlive bool, date []byte, head bool) []byte { return dst }

// AppendOptions appends the gateway's own answer to an OPTIONS request that may go no further (Max-Forwards: 0).
func AppendOptions(dst []byte, keepAlive bool, date []byte) []byte { return dst }
