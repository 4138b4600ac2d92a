package loop

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"net"
	"net/http"
	"sync"
	"testing"
	"time"

	"ktcpvs/daemon/table"
	"ktcpvs/tests/wait"
)

func TestRequestsOfManyClientsComeBackAnsweredToTheRightOne(t *testing.T) {
	r := newRig(t, 2)
	r.serve(table.ServiceSpec{Scheduler: "phttp"}, backend(t, func(w http.ResponseWriter, q *http.Request) {
		fmt.Fprintf(w, "%s %s", q.Method, q.URL)
	}))
	c := r.client()
	var wg sync.WaitGroup
	for i := range 16 {
		wg.Go(func() {
			for j := range 50 {
				path := fmt.Sprintf("/%d/%d", i, j)
				if code, body := get(t, c, "http://"+r.addr+path); code != 200 || body != "GET "+path {
					t.Errorf("%s: %d %q", path, code, body)
				}
			}
		})
	}
	wg.Wait()
	svc := r.store.Snapshot().Lookup("web")
	if n := svc.Live.Stats.Sum().Requests; n != 16*50 {
		t.Errorf("%d requests counted, want %d", n, 16*50)
	}
	wait.UntilIs(t, "connections that the server counts after all ended", 0, svc.Servers[0].Live.Conns.Load)
}

func TestServerConnectionsAreSharedByClients(t *testing.T) {
	var mu sync.Mutex
	conns := map[string]bool{}
	r := newRig(t, 1)
	r.serve(table.ServiceSpec{Scheduler: "phttp"}, backend(t, func(w http.ResponseWriter, q *http.Request) {
		mu.Lock()
		conns[q.RemoteAddr] = true
		mu.Unlock()
	}))
	for range 20 {
		c := r.client()
		get(t, c, "http://"+r.addr+"/")
		c.CloseIdleConnections()
	}
	if len(conns) != 1 {
		t.Errorf("20 clients one after the other took %d server connections, want 1", len(conns))
	}
}

func TestBodiesOfAnySizePassBothWaysCopiedAndSpliced(t *testing.T) {
	for _, zerocopy := range []int64{0, 1, 2} {
		for _, size := range []int{0, 1, 4096, 300 << 10, 20 << 20} {
			for _, chunked := range []bool{false, true} {
				t.Run(fmt.Sprintf("zerocopy=%d/size=%d/chunked=%v", zerocopy, size, chunked), func(t *testing.T) {
					r := newRig(t, 1)
					r.knobs.ZerocopySend.Set(zerocopy)
					r.serve(table.ServiceSpec{Scheduler: "phttp"}, backend(t, func(w http.ResponseWriter, q *http.Request) {
						if !chunked {
							w.Header().Set("Content-Length", q.Header.Get("X-Size"))
						}
						http.NewResponseController(w).EnableFullDuplex()
						io.Copy(w, q.Body)
					}))
					sent := make([]byte, size)
					for i := range sent {
						sent[i] = byte(i * 7 >> 3)
					}
					var body io.Reader = bytes.NewReader(sent)
					if chunked {
						body = io.MultiReader(body) // of unknown length
					}
					q, _ := http.NewRequest("PUT", "http://"+r.addr+"/", body)
					q.Header.Set("X-Size", fmt.Sprint(size))
					c := r.client()
					for range 2 {
						res, err := c.Do(q)
						if err != nil {
							t.Fatal(err)
						}
						got, err := io.ReadAll(res.Body)
						res.Body.Close()
						if err != nil || !bytes.Equal(got, sent) {
							t.Fatalf("%d of %d bytes came back, %v", len(got), len(sent), err)
						}
						q.Body = io.NopCloser(bytes.NewReader(sent))
					}
				})
			}
		}
	}
}

func TestATunnelCarriesAnyProtocolAndItsHalfClose(t *testing.T) {
	for _, zerocopy := range []int64{0, 1, 2} {
		r := newRig(t, 1)
		r.knobs.ZerocopySend.Set(zerocopy)
		r.serve(table.ServiceSpec{Scheduler: "wlc"}, rawBackend(t, func(c net.Conn) {
			io.WriteString(c, "220 ready\r\n")
			n, _ := io.Copy(io.Discard, c)
			fmt.Fprintf(c, "221 %d bytes\r\n", n)
		}))
		c := r.dial()
		in := bufio.NewReader(c)
		if line, err := in.ReadString('\n'); line != "220 ready\r\n" {
			t.Fatalf("%q, %v", line, err)
		}
		if _, err := c.Write(make([]byte, 8<<20)); err != nil {
			t.Fatal(err)
		}
		c.CloseWrite()
		if line, err := in.ReadString('\n'); line != fmt.Sprintf("221 %d bytes\r\n", 8<<20) {
			t.Fatalf("%q, %v", line, err)
		}
		if _, err := in.ReadByte(); err != io.EOF {
			t.Fatalf("%v, want the end", err)
		}
	}
}

func TestASlowReaderHoldsItsOwnServerBackAndNobodyElse(t *testing.T) {
	r := newRig(t, 1)
	const size = 64 << 20
	r.serve(table.ServiceSpec{Scheduler: "phttp"}, backend(t, func(w http.ResponseWriter, q *http.Request) {
		if q.URL.Path == "/big" {
			io.CopyN(w, zeros{}, size)
		}
	}))
	slow := r.dial()
	io.WriteString(slow, "GET /big HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
	wait.Gap(100 * time.Millisecond) // sockets fill up, and nobody waits for that
	c := r.client()
	for range 50 {
		if code, _ := get(t, c, "http://"+r.addr+"/"); code != 200 {
			t.Fatal(code)
		}
	}
	var held int64
	r.group.loops[0].call(func() { held = r.group.loops[0].ctx.Buffers.Held() })
	if held > 1<<20 {
		t.Errorf("%d bytes are held for one slow reader", held)
	}
	res, err := http.ReadResponse(bufio.NewReader(slow), nil)
	if err != nil {
		t.Fatal(err)
	}
	n, err := io.Copy(io.Discard, res.Body)
	if n != size || err != nil {
		t.Fatalf("%d bytes, %v", n, err)
	}
}

func TestASlowServerHoldsItsOwnClientBack(t *testing.T) {
	r := newRig(t, 1)
	r.knobs.ZerocopySend.Set(0)
	release := make(chan bool)
	r.serve(table.ServiceSpec{Scheduler: "phttp"}, rawBackend(t, func(c net.Conn) {
		q, err := http.ReadRequest(bufio.NewReader(c))
		<-release
		if err == nil {
			n, _ := io.Copy(io.Discard, q.Body)
			fmt.Fprintf(c, "HTTP/1.1 200 OK\r\nContent-Length: 8\r\n\r\n%8d", n)
		}
	}))
	const size = 64 << 20
	c := r.dial()
	fmt.Fprintf(c, "PUT / HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n", size)
	sent := make(chan error, 1)
	go func() {
		_, err := io.CopyN(c, zeros{}, size)
		sent <- err
	}()
	wait.Gap(200 * time.Millisecond) // sockets fill up
	var held int64
	r.group.loops[0].call(func() { held = r.group.loops[0].ctx.Buffers.Held() })
	if held > 1<<20 {
		t.Errorf("%d bytes are held for one slow server", held)
	}
	close(release)
	res, err := http.ReadResponse(bufio.NewReader(c), nil)
	if err != nil {
		t.Fatal(err)
	}
	if body, _ := io.ReadAll(res.Body); string(body) != fmt.Sprint(size) || <-sent != nil {
		t.Fatalf("the server has got %q of %d bytes", body, size)
	}
}

type zeros struct{}

func (zeros) Read(b []byte) (int, error) { clear(b); return len(b), nil }

func TestAServerThatDiesUnderASplicedUploadLeavesNothingBehind(t *testing.T) {
	r := newRig(t, 1)
	r.knobs.ZerocopySend.Set(1)
	r.serve(table.ServiceSpec{Scheduler: "phttp"}, rawBackend(t, func(c net.Conn) {
		io.CopyN(io.Discard, c, 1<<20)
	}))
	for range 3 {
		c := r.dial()
		fmt.Fprintf(c, "PUT / HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n", 64<<20)
		go io.Copy(c, io.LimitReader(zeros{}, 64<<20))
		if code := status(t, c); code != 502 {
			t.Errorf("%d, want 502", code)
		}
		c.Close()
	}
}

func TestAResetUnderASplicedResponseReachesTheClient(t *testing.T) {
	r := newRig(t, 1)
	r.knobs.ZerocopySend.Set(1)
	r.serve(table.ServiceSpec{Scheduler: "phttp"}, rawBackend(t, func(c net.Conn) {
		http.ReadRequest(bufio.NewReader(c))
		io.WriteString(c, "HTTP/1.1 200 OK\r\n\r\n")
		wait.Gap(50 * time.Millisecond) // the rest is being spliced by now
		c.Write(make([]byte, 1000))
		wait.Gap(50 * time.Millisecond)
		c.(*net.TCPConn).SetLinger(0)
	}))
	for range 3 {
		c := r.dial()
		io.WriteString(c, "GET / HTTP/1.1\r\nHost: x\r\n\r\n")
		res, err := http.ReadResponse(bufio.NewReader(c), nil)
		if err != nil {
			t.Fatal(err)
		}
		if body, err := io.ReadAll(res.Body); err == nil {
			t.Errorf("a body of %d bytes looks whole, though the server reset the connection", len(body))
		}
	}
}
