package http1

import "strconv"

// AppendError appends a small complete response of the gateway's own. date is the Date field's value;
// head leaves the body out, as for a response to HEAD. minor is the client's version: it tells how keepAlive is said.
func AppendError(dst []byte, status int, keepAlive bool, minor uint8, date []byte, head bool) []byte {
	reason := reasonOf(status)
	dst = appendStatus(dst, status, reason)
	switch status {
	case 405:
		dst = append(dst, allow...)
	case 429:
		dst = append(dst, "Retry-After: 1\r\n"...) // rates are by the second
	}
	dst = append(dst, "Content-Type: text/plain; charset=utf-8\r\nCache-Control: no-store\r\n"...)
	dst = appendNumber(dst, "Content-Length: ", int64(len("000 ")+len(reason)+len("\n")))
	dst = appendOwn(dst, keepAlive, minor, date)
	if head {
		return dst
	}
	dst = strconv.AppendInt(dst, int64(status), 10)
	dst = append(dst, ' ')
	dst = append(dst, reason...)
	return append(dst, '\n')
}

// AppendOptions appends the gateway's own answer to an OPTIONS request that may go no further (Max-Forwards: 0).
func AppendOptions(dst []byte, keepAlive bool, minor uint8, date []byte) []byte {
	dst = appendStatus(dst, 200, reasonOf(200))
	dst = append(dst, allow...)
	dst = append(dst, "Content-Length: 0\r\n"...)
	return appendOwn(dst, keepAlive, minor, date)
}

// allow is what the gateway forwards (RFC 9110 section 10.2.1).
const allow = "Allow: GET, HEAD, POST, PUT, DELETE, OPTIONS, PATCH\r\n"

func appendStatus(dst []byte, status int, reason string) []byte {
	dst = append(dst, Version...)
	dst = strconv.AppendInt(dst, int64(status), 10)
	dst = append(dst, ' ')
	dst = append(dst, reason...)
	return append(dst, "\r\n"...)
}

// appendOwn appends the fields all of the gateway's own answers end with, and the empty line.
func appendOwn(dst []byte, keepAlive bool, minor uint8, date []byte) []byte {
	if date != nil {
		dst = appendField(dst, "Date: ", date)
	}
	dst = appendConnection(dst, &Forward{KeepAlive: keepAlive}, minor)
	return append(dst, "\r\n"...)
}

// reasonOf is the reason phrase of a status code the gateway answers with (RFC 9110 section 15, RFC 6585).
func reasonOf(status int) string {
	switch status {
	case 200:
		return "OK"
	case 400:
		return "Bad Request"
	case 403:
		return "Forbidden"
	case 404:
		return "Not Found"
	case 405:
		return "Method Not Allowed"
	case 408:
		return "Request Timeout"
	case 411:
		return "Length Required"
	case 413:
		return "Content Too Large"
	case 414:
		return "URI Too Long"
	case 417:
		return "Expectation Failed"
	case 429:
		return "Too Many Requests"
	case 431:
		return "Request Header Fields Too Large"
	case 500:
		return "Internal Server Error"
	case 501:
		return "Not Implemented"
	case 502:
		return "Bad Gateway"
	case 503:
		return "Service Unavailable"
	case 504:
		return "Gateway Timeout"
	case 508:
		return "Loop Detected" // RFC 5842 section 7.2
	case 505:
		return "HTTP Version Not Supported"
	}
	return "Error"
}
