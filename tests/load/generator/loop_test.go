package generator

import (
	"context"
	"io"
	"net"
	"net/netip"
	"strings"
	"testing"
	"time"

	test "ktcpvs/tests/wait"
)

// direct is a load from the clients straight to the first server.
func direct(t *testing.T, change func(*Load)) (*Loop, Load) {
	t.Helper()
	l, err := New(2)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(l.Close)
	l.patience = test.Limit
	load := Load{Target: l.Servers()[0], Connections: 4, Requests: []Request{{"/a", 0}, {"/b", AnyServer}}, BodySize: 90}
	change(&load)
	return l, load
}

func measure(t *testing.T, l *Loop, load Load, d time.Duration, responses int) Window {
	t.Helper()
	if err := l.Attach(t.Context(), load); err != nil {
		t.Fatal(err)
	}
	w, err := l.Run(t.Context(), d, responses)
	if err != nil {
		t.Fatal(err)
	}
	if err := l.Detach(t.Context(), test.Limit); err != nil {
		t.Fatal(err)
	}
	return w
}

func TestClientsReachTheServersDirectly(t *testing.T) {
	for name, change := range map[string]func(*Load){
		"one kept connection":      func(load *Load) { load.Connections = 1 },
		"64 kept connections":      func(load *Load) { load.Connections = 64 },
		"the smallest body":        func(load *Load) { load.BodySize = MinBody },
		"a body of 1 MiB":          func(load *Load) { load.BodySize = 1 << 20 },
		"a fixed rate of 5,000/s":  func(load *Load) { load.Rate = 5000 },
		"a connection per request": func(load *Load) { load.NewConnections, load.Connections = true, 16 },
	} {
		t.Run(name, func(t *testing.T) {
			l, load := direct(t, change)
			w := measure(t, l, load, 60*time.Millisecond, 1)
			if w.Requests == 0 || w.Bytes < w.Requests*uint64(load.BodySize)/2 {
				t.Errorf("%d requests and %d body bytes in %v", w.Requests, w.Bytes, w.Elapsed)
			}
			if w.P50 <= 0 || w.P99 < w.P50 {
				t.Errorf("p50 %v, p99 %v", w.P50, w.P99)
			}
			if most := load.Rate*w.Elapsed.Seconds() + 1; load.Rate > 0 && float64(w.Requests) > most {
				t.Errorf("%d requests in %v, expected at most %.0f", w.Requests, w.Elapsed, most)
			}
		})
	}
}

func TestALoopServesOneLoadAfterAnother(t *testing.T) {
	l, load := direct(t, func(*Load) {})
	for _, size := range []int{90, 4096, 90} {
		load.BodySize = size
		if w := measure(t, l, load, 20*time.Millisecond, 1); w.Requests == 0 {
			t.Errorf("no requests with a body of %d bytes", size)
		}
	}
}

func TestARunGoesOnUntilItHasSeenEnoughResponses(t *testing.T) {
	l, load := direct(t, func(load *Load) { load.Rate = 1000 })
	w := measure(t, l, load, 20*time.Millisecond, 60)
	if w.Requests < 60 || w.Elapsed < 50*time.Millisecond {
		t.Errorf("%d responses in %v, expected 60, which takes 60ms", w.Requests, w.Elapsed)
	}
	l.patience = 100 * time.Millisecond
	if w := measure(t, l, load, 30*time.Millisecond, 1<<30); w.Elapsed < 120*time.Millisecond {
		t.Errorf("a run that can not see enough took %v, expected 120ms", w.Elapsed)
	}
}

func TestRunDoesNotAllocate(t *testing.T) {
	l, load := direct(t, func(load *Load) { load.Connections = 16 })
	if err := l.Attach(t.Context(), load); err != nil {
		t.Fatal(err)
	}
	var requests uint64
	allocations := testing.AllocsPerRun(5, func() {
		w, err := l.Run(t.Context(), 20*time.Millisecond, 0)
		if err != nil {
			t.Fatal(err)
		}
		requests = w.Requests
	})
	if allocations > 2 { // reading the thread's clock at both ends
		t.Errorf("%v allocations in a Run of %d requests, expected none by the requests", allocations, requests)
	}
}

func TestAWrongAnswerEndsTheRun(t *testing.T) {
	marked := string(appendResponse(nil, 0, 90))
	for answer, want := range map[string]string{
		"HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n\r\n": "HTTP/1.1 200",
		"HTTP/1.1 200 OK\r\nContent-Length: 91\r\n\r\n":                 "Content-Length 91, expected 90",
		string(appendResponse(nil, 1, 90)):                              "another server",
		marked + "x":                                                    "after the end",
		marked[:60]:                                                     "ended before",
		marked[:len(marked)-1]:                                          "ended before",
		"HTTP/1.1 200 OK\r\nX: " + strings.Repeat("x", maxHead):         "head over",
	} {
		l, load := direct(t, func(load *Load) { load.Connections = 1 })
		load.Target = answering(t, answer)
		if err := l.Attach(t.Context(), load); err != nil {
			t.Fatal(err)
		}
		_, err := l.Run(t.Context(), test.Limit, 0)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("answer %.50q: error %v, expected one that says %q", answer, err, want)
		}
	}
}

func TestASilentProxyIsAnError(t *testing.T) {
	l, load := direct(t, func(load *Load) { load.Connections = 1 })
	load.Target = answering(t, "HTTP/1.1 200 ")
	if err := l.Attach(t.Context(), load); err != nil {
		t.Fatal(err)
	}
	l.patience = 30 * time.Millisecond
	_, err := l.Run(t.Context(), 30*time.Millisecond, 1)
	if err == nil {
		t.Error("a run without a response succeeded")
	}
}

func TestARefusedConnectionNamesTheAddress(t *testing.T) {
	listener, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	addr := netip.MustParseAddrPort(listener.Addr().String())
	listener.Close()
	l, load := direct(t, func(load *Load) { load.Target = addr })
	if err := l.Attach(t.Context(), load); err == nil || !strings.Contains(err.Error(), addr.String()) {
		t.Errorf("error %v, expected one that names %s", err, addr)
	}
}

func TestCancellingTheContextEndsARun(t *testing.T) {
	l, load := direct(t, func(*Load) {})
	if err := l.Attach(t.Context(), load); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	time.AfterFunc(10*time.Millisecond, cancel)
	if _, err := l.Run(ctx, time.Minute, 0); err != context.Canceled {
		t.Errorf("error %v, expected %v", err, context.Canceled)
	}
}

func TestAttachRefusesAnImpossibleLoad(t *testing.T) {
	for want, change := range map[string]func(*Load){
		"IPv4":        func(load *Load) { load.Target = netip.MustParseAddrPort("[::1]:80") },
		"connections": func(load *Load) { load.Connections = 0 },
		"no requests": func(load *Load) { load.Requests = nil },
		"at least":    func(load *Load) { load.BodySize = MinBody - 1 },
		"rate":        func(load *Load) { load.Rate = -1 },
		"kept":        func(load *Load) { load.Rate, load.NewConnections = 1, true },
		"server 2":    func(load *Load) { load.Requests = []Request{{"/", 2}} },
	} {
		l, load := direct(t, change)
		if err := l.Attach(t.Context(), load); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, expected one that says %q", err, want)
		}
	}
}

// answering is a server that gives each connection one answer, in two pieces,
// and then closes it unless the answer is an unfinished status line.
func answering(t *testing.T, answer string) netip.AddrPort {
	return serve(t, func(conn net.Conn) {
		_, _ = conn.Read(make([]byte, 4096))
		_, _ = io.WriteString(conn, answer[:10])
		test.Gap(time.Millisecond)
		_, _ = io.WriteString(conn, answer[10:])
		if len(answer) < 20 {
			_, _ = conn.Read(make([]byte, 1))
		}
	})
}

func serve(t *testing.T, handle func(net.Conn)) netip.AddrPort {
	t.Helper()
	listener, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { listener.Close() })
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			go func() {
				defer conn.Close()
				handle(conn)
			}()
		}
	}()
	return netip.MustParseAddrPort(listener.Addr().String())
}
