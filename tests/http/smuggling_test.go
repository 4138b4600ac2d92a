package http

import (
	"strings"
	"testing"
)

// smuggling is what research on request smuggling has sent, each with a request for /smuggled that one reader
// finds and another does not, or a body whose end they do not agree upon.
var smuggling = map[string]string{
	"CL.TE":                                "Content-Length: 6\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET /smuggled",
	"TE.CL":                                "Transfer-Encoding: chunked\r\nContent-Length: 4\r\n\r\n5c\r\nGET /smuggled HTTP/1.1\r\n",
	"CL.CL":                                "Content-Length: 0\r\nContent-Length: 44\r\n\r\nGET /smuggled HTTP/1.1\r\nHost: x\r\n\r\n",
	"CL.CL, the same":                      "Content-Length: 5\r\nContent-Length: 5\r\n\r\nhelloGET /smuggled HTTP/1.1\r\nHost: x\r\n\r\n",
	"CL list":                              "Content-Length: 0, 44\r\n\r\nGET /smuggled HTTP/1.1\r\nHost: x\r\n\r\n",
	"CL plus":                              "Content-Length: +0\r\n\r\nGET /smuggled HTTP/1.1\r\nHost: x\r\n\r\n",
	"CL underscore":                        "Content-Length: 0_0\r\n\r\nGET /smuggled HTTP/1.1\r\nHost: x\r\n\r\n",
	"CL in hexadecimal":                    "Content-Length: 0x0\r\n\r\nGET /smuggled HTTP/1.1\r\nHost: x\r\n\r\n",
	"CL overflow":                          "Content-Length: 18446744073709551616\r\n\r\nGET /smuggled HTTP/1.1\r\nHost: x\r\n\r\n",
	"CL with a vertical tab":               "Content-Length: \x0b0\r\n\r\nGET /smuggled HTTP/1.1\r\nHost: x\r\n\r\n",
	"CL with a form feed":                  "Content-Length: 0\x0c\r\n\r\nGET /smuggled HTTP/1.1\r\nHost: x\r\n\r\n",
	"CL blank before the colon":            "Content-Length : 44\r\n\r\nGET /smuggled HTTP/1.1\r\nHost: x\r\n\r\n",
	"CL ended by CR":                       "Content-Length: 44\rX: y\r\n\r\nGET /smuggled HTTP/1.1\r\nHost: x\r\n\r\n",
	"CL ended by LF":                       "Content-Length: 44\nX: y\r\n\r\nGET /smuggled HTTP/1.1\r\nHost: x\r\n\r\n",
	"CL after a bare LF":                   "X: y\nContent-Length: 44\r\n\r\nGET /smuggled HTTP/1.1\r\nHost: x\r\n\r\n",
	"CL folded":                            "X: y\r\n Content-Length: 44\r\n\r\nGET /smuggled HTTP/1.1\r\nHost: x\r\n\r\n",
	"CL value folded":                      "Content-Length:\r\n 44\r\n\r\nGET /smuggled HTTP/1.1\r\nHost: x\r\n\r\n",
	"NUL in a name":                        "Content-\x00Length: 44\r\n\r\nGET /smuggled HTTP/1.1\r\nHost: x\r\n\r\n",
	"NUL before the end":                   "X: y\x00\r\n\r\nGET /smuggled HTTP/1.1\r\nHost: x\r\n\r\n",
	"head ended by LF LF":                  "X: y\n\nGET /smuggled HTTP/1.1\r\nHost: x\r\n\r\n",
	"head ended by CR LF LF":               "X: y\r\n\nGET /smuggled HTTP/1.1\r\nHost: x\r\n\r\n",
	"head ended by CR CR LF":               "X: y\r\n\r\r\nGET /smuggled HTTP/1.1\r\nHost: x\r\n\r\n",
	"field without colon":                  "GET /smuggled HTTP/1.1\r\n\r\n",
	"colon first":                          ": GET /smuggled HTTP/1.1\r\n\r\n",
	"TE.TE xchunked":                       "Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\nGET /smuggled",
	"TE.TE twice":                          "Transfer-Encoding: chunked\r\nTransfer-Encoding: x\r\n\r\n0\r\n\r\nGET /smuggled",
	"TE.TE identity":                       "Transfer-Encoding: identity\r\n\r\n0\r\n\r\nGET /smuggled",
	"TE.TE chunked, identity":              "Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\nGET /smuggled",
	"TE.TE blank before the colon":         "Transfer-Encoding : chunked\r\n\r\n0\r\n\r\nGET /smuggled",
	"TE.TE a vertical tab":                 "Transfer-Encoding: \x0bchunked\r\n\r\n0\r\n\r\nGET /smuggled",
	"TE.TE a byte above ASCII":             "Transfer-Encoding: \xa0chunked\r\n\r\n0\r\n\r\nGET /smuggled",
	"TE.TE NUL":                            "Transfer-Encoding: chunked\x00\r\n\r\n0\r\n\r\nGET /smuggled",
	"TE.TE quotes":                         "Transfer-Encoding: \"chunked\"\r\n\r\n0\r\n\r\nGET /smuggled",
	"TE.TE comma":                          "Transfer-Encoding: ,chunked\r\n\r\n0\r\n\r\nGET /smuggled",
	"TE.TE semicolon":                      "Transfer-Encoding: chunked;\r\n\r\n0\r\n\r\nGET /smuggled",
	"TE.TE folded":                         "Transfer-Encoding:\r\n chunked\r\n\r\n0\r\n\r\nGET /smuggled",
	"TE.TE after a bare CR":                "X: y\rTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET /smuggled",
	"TE.TE cut in two":                     "Transfer-Encoding: chun\rked\r\n\r\n0\r\n\r\nGET /smuggled",
	"another expectation":                  "Expect: y 100-continue\r\nContent-Length: 44\r\n\r\nGET /smuggled HTTP/1.1\r\nHost: x\r\n\r\n",
	"a second Host":                        "Host: y\r\n\r\nGET /smuggled HTTP/1.1\r\nHost: x\r\n\r\n",
	"chunk size +":                         "Transfer-Encoding: chunked\r\n\r\n+0\r\n\r\nGET /smuggled",
	"chunk size -":                         "Transfer-Encoding: chunked\r\n\r\n-1\r\n\r\nGET /smuggled",
	"chunk size 0x":                        "Transfer-Encoding: chunked\r\n\r\n0x0\r\n\r\nGET /smuggled",
	"chunk size blank before":              "Transfer-Encoding: chunked\r\n\r\n 0\r\n\r\nGET /smuggled",
	"chunk size blank after":               "Transfer-Encoding: chunked\r\n\r\n0 \r\n\r\nGET /smuggled",
	"chunk size overflow":                  "Transfer-Encoding: chunked\r\n\r\n10000000000000000\r\n\r\nGET /smuggled",
	"chunk size empty":                     "Transfer-Encoding: chunked\r\n\r\n\r\n\r\nGET /smuggled",
	"chunk size NUL":                       "Transfer-Encoding: chunked\r\n\r\n0\x00\r\n\r\nGET /smuggled",
	"TERM.EXT, a bare LF in an extension":  "Transfer-Encoding: chunked\r\n\r\n2;\nxx\r\n1f\r\n0\r\n\r\nGET /smuggled HTTP/1.1\r\n",
	"EXT.TERM, a bare CR in an extension":  "Transfer-Encoding: chunked\r\n\r\n2;a\rxx\r\n0\r\n\r\nGET /smuggled HTTP/1.1\r\n",
	"TERM.SPILL, a bare LF after a size":   "Transfer-Encoding: chunked\r\n\r\n5\nAAAAA\r\n0\r\n\r\nGET /smuggled",
	"SPILL.TERM, more data than the size":  "Transfer-Encoding: chunked\r\n\r\n2\r\nxxxGET /smuggled HTTP/1.1\r\n",
	"one byte for the end of a chunk":      "Transfer-Encoding: chunked\r\n\r\n2\r\nxx\n2d\r\n\r\n0\r\n\r\nGET /smuggled",
	"two bytes, any, for the end":          "Transfer-Encoding: chunked\r\n\r\n2\r\nxxXX10\r\n\r\nGET /smuggled HTTP/1.1\r\n\r\n",
	"LF for the end of the last chunk":     "Transfer-Encoding: chunked\r\n\r\n0\n\nGET /smuggled HTTP/1.1\r\nHost: x\r\n\r\n",
	"LF in the trailer section":            "Transfer-Encoding: chunked\r\n\r\n0\r\nX: y\n\nGET /smuggled HTTP/1.1\r\nHost: x\r\n\r\n",
	"trailer that is a request":            "Transfer-Encoding: chunked\r\n\r\n0\r\nGET /smuggled HTTP/1.1\r\nHost: x\r\n\r\n",
	"trailer folded":                       "Transfer-Encoding: chunked\r\n\r\n0\r\nX: y\r\n GET /smuggled\r\n\r\n",
	"an extension with an open quote":      "Transfer-Encoding: chunked\r\n\r\n2;a=\"\r\nxx\r\n0\r\n\r\nGET /smuggled\"\r\n\r\n",
	"an extension longer than its limit":   "Transfer-Encoding: chunked\r\n\r\n2;" + strings.Repeat("a", 5000) + "\r\nxx\r\n0\r\n\r\nGET /smuggled",
	"an extension that is blank":           "Transfer-Encoding: chunked\r\n\r\n2; \r\nxx\r\n0\r\n\r\nGET /smuggled",
	"Connection that is no list of tokens": "Connection: close\x0b, keep-alive\r\n\r\nGET /smuggled HTTP/1.1\r\nHost: x\r\n\r\n",
}

// What the research says comes with another first line.
var smugglingLines = map[string]string{
	"TE.0 by HTTP/1.0":      "POST / HTTP/1.0\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET /smuggled",
	"HTTP/0.9":              "GET /smuggled\r\n\r\n",
	"a blank first":         " GET /smuggled HTTP/1.1\r\nHost: x\r\n\r\n",
	"LF first":              "\nGET /smuggled HTTP/1.1\r\nHost: x\r\n\r\n",
	"NUL first":             "\x00GET /smuggled HTTP/1.1\r\nHost: x\r\n\r\n",
	"a request in a target": "GET /\nGET\x20/smuggled HTTP/1.1\r\nHost: x\r\n\r\n",
	"two targets":           "GET / /smuggled HTTP/1.1\r\nHost: x\r\n\r\n",
	"tabs":                  "GET\t/smuggled\tHTTP/1.1\r\nHost: x\r\n\r\n",
	"a version too many":    "GET /smuggled HTTP/1.1 HTTP/1.1\r\nHost: x\r\n\r\n",
	"another authority":     "GET http://y/smuggled HTTP/1.1\r\nHost: x\r\n\r\n",
	"userinfo":              "GET http://x@y/smuggled HTTP/1.1\r\nHost: y\r\n\r\n",
	"a relative target":     "GET smuggled HTTP/1.1\r\nHost: x\r\n\r\n",
	"an authority":          "GET @y/smuggled HTTP/1.1\r\nHost: x\r\n\r\n",
	"a tunnel":              "CONNECT x:80 HTTP/1.1\r\nHost: x:80\r\n\r\nGET /smuggled HTTP/1.1\r\nHost: x\r\n\r\n",
	"an HTTP/2 preface":     "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\nGET /smuggled",
	"HTTP/1.1 in two lines": "GET /smuggled HTTP/1.1\rHost: x\r\n\r\n",
}

// Whatever pieces it comes in, and whether or not a good request went before, no server is sent the smuggled request, or
// a message whose end could be found elsewhere, and the client can send no more.
func TestKnownSmugglingEndsAtTheGateway(t *testing.T) {
	attacks := map[string]string{}
	for name, rest := range smuggling {
		attacks[name] = "POST / HTTP/1.1\r\nHost: x\r\n" + rest
	}
	for name, all := range smugglingLines {
		attacks[name] = all
	}
	for name, attack := range attacks {
		for _, piece := range []int{len(attack), 1, 7} {
			for _, before := range []string{"", get} {
				g := newGateway(t)
				if before != "" {
					g.client(before)
					g.server("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
				}
				for rest := attack; rest != ""; {
					n := min(piece, len(rest))
					g.client(rest[:n])
					rest = rest[n:]
				}
				sent := strings.TrimPrefix(g.toServer.String(), getForwarded)
				answer := g.toClient.String()
				if strings.Contains(sent, "smuggled") || strings.Contains(sent, "\r\n0\r\n\r\n") {
					t.Errorf("%s by %d: the server got %q", name, piece, sent)
				}
				if i := strings.LastIndex(answer, "HTTP/1.1 "); i < 0 || answer[i+9] != '4' && answer[i+9] != '5' || !g.hungUp[0] {
					t.Errorf("%s by %d: the client got %q, closed %v", name, piece, answer, g.hungUp[0])
				}
				if sent != "" && !g.hungUp[1] {
					t.Errorf("%s by %d: the server connection goes on", name, piece)
				}
			}
		}
	}
}

// getForwarded is what a server gets of get.
const getForwarded = "GET /a HTTP/1.1\r\nHost: x\r\nVia: 1.1 ktcpvs\r\n\r\n"
