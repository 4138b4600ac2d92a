package http1

import "testing"

const (
	wrkGET     = "GET /index.html HTTP/1.1\r\nHost: 127.0.0.1:8080\r\n\r\n"
	curlGET    = "GET /images/a.png HTTP/1.1\r\nHost: www.example.com\r\nUser-Agent: curl/8.5.0\r\nAccept: */*\r\n\r\n"
	browserGET = "GET /shop/item?id=4711 HTTP/1.1\r\nHost: www.example.com\r\nUser-Agent: Mozilla/5.0 (X11; Linux x86_64) Gecko/20100101\r\nAccept: text/html,*/*;q=0.8\r\nAccept-Language: en-US,en;q=0.5\r\nAccept-Encoding: gzip, deflate, br\r\nReferer: http://www.example.com/shop\r\nConnection: keep-alive\r\nCookie: KTCPVS_SID=0123456789abcdef\r\n\r\n"
	nginx200   = "HTTP/1.1 200 OK\r\nServer: nginx/1.26.0\r\nDate: Tue, 04 Jun 2024 10:11:12 GMT\r\nContent-Type: text/html\r\nContent-Length: 90\r\nLast-Modified: Mon, 03 Jun 2024 09:00:00 GMT\r\nConnection: keep-alive\r\nETag: \"665d8a90-5a\"\r\nAccept-Ranges: bytes\r\n\r\n"
	chunks     = "1000\r\n" // followed by 4 KiB of payload, see chunkedBody
)

// chunkedBody is four chunks of 4 KiB and the end.
func chunkedBody() []byte {
	var b []byte
	for range 4 {
		b = append(b, chunks...)
		b = append(b, make([]byte, 0x1000)...)
		b = append(b, "\r\n"...)
	}
	return append(b, "0\r\n\r\n"...)
}

func BenchmarkRequest(b *testing.B) {
	lim := DefaultLimits()
	for _, c := range []struct{ name, head string }{{"wrk", wrkGET}, {"curl", curlGET}, {"browser", browserGET}} {
		b.Run(c.name, func(b *testing.B) {
			head := []byte(c.head)
			var p Parser
			var r Request
			b.ReportAllocs()
			b.SetBytes(int64(len(head)))
			for b.Loop() {
				if n, err := p.Request(head, &lim, &r); n == 0 || err != nil {
					b.Fatal(n, err)
				}
			}
		})
	}
}

func BenchmarkResponse(b *testing.B) {
	lim := DefaultLimits()
	head := []byte(nginx200)
	var p Parser
	var r Response
	b.ReportAllocs()
	b.SetBytes(int64(len(head)))
	for b.Loop() {
		if n, err := p.Response(head, &lim, GET, &r); n == 0 || err != nil {
			b.Fatal(n, err)
		}
	}
}

func BenchmarkAppendRequest(b *testing.B) {
	lim := DefaultLimits()
	for _, c := range []struct{ name, head string }{{"wrk", wrkGET}, {"curl", curlGET}, {"browser", browserGET}} {
		b.Run(c.name, func(b *testing.B) {
			var p Parser
			var r Request
			p.Request([]byte(c.head), &lim, &r)
			f := Forward{KeepAlive: true, Via: "ktcpvs-0123456789ab"}
			dst := make([]byte, 0, 1024)
			b.ReportAllocs()
			for b.Loop() {
				dst = AppendRequest(dst[:0], &r, &f)
			}
		})
	}
}

func BenchmarkAppendResponse(b *testing.B) {
	lim := DefaultLimits()
	var p Parser
	var r Response
	p.Response([]byte(nginx200), &lim, GET, &r)
	f := Forward{KeepAlive: true, Minor: 1}
	dst := make([]byte, 0, 1024)
	b.ReportAllocs()
	for b.Loop() {
		dst = AppendResponse(dst[:0], &r, &f)
	}
}

// BenchmarkChunked reads 16 KiB of payload in four chunks: 14 tokens.
func BenchmarkChunked(b *testing.B) {
	lim := DefaultLimits()
	body := chunkedBody()
	b.ReportAllocs()
	b.SetBytes(int64(len(body)))
	for b.Loop() {
		var c Chunked
		rest := body
		for t := NeedMore; t != End; {
			n, token, err := c.Next(rest, &lim)
			if err != nil {
				b.Fatal(err)
			}
			rest, t = rest[n:], token
		}
	}
}

// One exchange, parsed and written, allocates nothing once its Request and Response were used before.
func TestExchangeAllocatesNothing(t *testing.T) {
	lim := DefaultLimits()
	request, response, body := []byte(browserGET), []byte(nginx200), chunkedBody()
	refused := []byte("GET / HTTP/1.1\r\n\r\n")
	var p Parser
	var r Request
	var q Response
	f := Forward{KeepAlive: true, Via: "ktcpvs-0123456789ab"}
	dst := make([]byte, 0, 4096)
	allocs := testing.AllocsPerRun(100, func() {
		if n, err := p.Request(request, &lim, &r); n == 0 || err != nil {
			t.Fatal(n, err)
		}
		dst = AppendRequest(dst[:0], &r, &f)
		if n, err := p.Response(response, &lim, r.Method, &q); n == 0 || err != nil {
			t.Fatal(n, err)
		}
		dst = AppendResponse(dst[:0], &q, &f)
		var c Chunked
		for rest, token := body, NeedMore; token != End; {
			var n int
			n, token, _ = c.Next(rest, &lim)
			rest = rest[n:]
		}
		if _, err := p.Request(refused, &lim, &r); err == nil {
			t.Fatal("a request without Host was accepted")
		}
		dst = AppendError(dst[:0], 400, false, 1, nil, false)
		if _, ok := q.Header("content-type", 0); !ok {
			t.Fatal("Content-Type not found")
		}
	})
	if allocs != 0 {
		t.Errorf("%v allocations per exchange, want 0", allocs)
	}
}
