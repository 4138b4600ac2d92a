package netns

import (
	"bytes"
	"fmt"
	"io"
	"net"
	"net/netip"
	"strings"
	"testing"

	"ktcpvs/tests/netns/lab"
)

// Servers that this host cannot call, and the local ports that calls come from.

// ports are how many local ports these tests leave.
const ports = 100

// newPorts starts a daemon on a host with few ports.
func newPorts(t *testing.T, poller string, names ...string) (*lab.Network, *lab.Operator, *lab.Daemon) {
	t.Helper()
	n := lab.NewNetwork(t, names...)
	n.Balancer.Shell(fmt.Sprintf(`
		echo 20000 %d > /proc/sys/net/ipv4/ip_local_port_range
		echo 0 > /proc/sys/net/ipv4/tcp_tw_reuse`, 20000+ports-1))
	d := n.Balancer.StartDaemon(poller)
	return n, n.Balancer.Operator(), d
}

// serveOn starts a service of these servers.
func serveOn(o *lab.Operator, scheduler string, servers ...string) {
	text := "virtual web { scheduler = " + scheduler
	for _, s := range servers {
		text += " server = " + s + " 1"
	}
	for _, s := range servers {
		text += " rule = pattern .* use server " + s
	}
	o.Serve(text + " }")
}

// exchangeOnce sends one request over a connection of its own and gives the answer.
func exchangeOnce(t *testing.T, n *lab.Network, request string) string {
	t.Helper()
	w := n.Client.Wire(n.VIP(8080))
	defer w.Close()
	return exchangeOver(w, request)
}

// exchangeOver is exchangeOnce over a connection that is there.
func exchangeOver(w *lab.Wire, request string) string {
	w.Say("%s", request)
	response, body, err := w.Response("GET")
	if err != nil {
		return fmt.Sprint("no answer: ", err)
	}
	return fmt.Sprint(response.StatusCode, " ", body)
}

const ask = "GET / HTTP/1.1\nHost: x\n\n"

func TestAServerThatThisHostCannotCallIsReplacedAndNamed(t *testing.T) {
	withEachPoller(t, func(t *testing.T, poller string) {
		n, o, d := newPorts(t, poller, "r1")
		n.Host("r1").StartNginx()
		n.Host("r1").Serve(":70", func(conn net.Conn) { io.WriteString(conn, "hello\n") })
		n.Balancer.Shell(`
			echo 1 > /proc/sys/net/ipv6/conf/all/disable_ipv6
			ip route add blackhole 10.77.1.0/24
			ip route add prohibit 10.77.2.0/24
			ip route add unreachable 10.77.3.0/24`)
		n.Balancer.SetKnob("debug_level", "1")
		for what, bad := range map[string]string{
			"IPv6 is off":      "[::1]:9999",
			"no route of IPv6": "[2001:db8::1]:80",
			"no route":         "203.0.113.1:80",
			"blackhole":        "10.77.1.1:80",
			"prohibited":       "10.77.2.1:80",
			"unreachable":      "10.77.3.1:80",
		} {
			for _, scheduler := range []string{"http", "hhttp", "phttp", "chttp"} {
				o.Does("--stop")
				o.Does("-F") // what stays in the table is still known to be away
				serveOn(o, scheduler, n.Web("r1"), bad)
				since := d.Log.Mark()
				for i := range 6 {
					// Connections stay: of idle servers the first is always the choice.
					if got := exchangeOver(n.Client.Wire(n.VIP(8080)), ask); got != "200 r1 /\n" {
						t.Errorf("%s, %s, request %d: %q, want r1's answer", what, scheduler, i, got)
					}
				}
				if named := strings.Count(since(), "server="+bad+" cause="); scheduler != "hhttp" && named == 0 || named > 2*2 {
					t.Errorf("%s, %s: the log names %s %d times, want once or twice for each loop:\n%s", what, scheduler, bad, named, since())
				}
				serveOn(o, scheduler, bad)
				if got := exchangeOnce(t, n, ask); !strings.HasPrefix(got, "502 ") {
					t.Errorf("%s, %s: alone it is answered for with %q, want 502", what, scheduler, got)
				}
			}
			good := n.Addr("r1").String() + ":70"
			serveOn(o, "wlc", good, bad)
			for range 6 {
				w := n.Client.Wire(n.VIP(8080))
				if rest, err := w.Rest(); rest != "hello\n" || err != nil {
					t.Errorf("%s, wlc: %q, %v, want the other server's greeting", what, rest, err)
				}
			}
		}
	})
}

func TestNobodyIsConnectedToHimself(t *testing.T) {
	withEachPoller(t, func(t *testing.T, poller string) {
		n, o, _ := newPorts(t, poller)
		for _, addr := range []string{"127.0.0.1:20050", "[::1]:20050", "10.99.1.1:20051"} {
			for _, scheduler := range []string{"http", "hhttp", "phttp", "chttp"} {
				serveOn(o, scheduler, addr)
				for i := range 3 * ports {
					if got := exchangeOnce(t, n, ask); !strings.HasPrefix(got, "502 ") {
						t.Fatalf("%s, %s: request %d is answered %q, and nobody listens there: want 502", addr, scheduler, i, got)
					}
				}
			}
			serveOn(o, "wlc", addr)
			for range 3 * ports {
				if rest, err := n.Client.Heard(n.VIP(8080), "echo?\n"); rest != "" || err == nil {
					t.Fatalf("%s, wlc: a client got %q, %v, and nobody listens there: want a reset", addr, rest, err)
				}
			}
			// The port was not taken from the server.
			l := n.Balancer.Serve(addr, func(conn net.Conn) { io.WriteString(conn, "here\n") })
			lab.Eventually(t, "the server that has come is used", func() bool {
				rest, _ := n.Client.Heard(n.VIP(8080))
				return rest == "here\n"
			})
			l.Close()
		}
	})
}

// Who closes a connection first keeps its port for a minute. The balancer does so
// with each server connection that it is done with.
func TestPortsOfConnectionsThatAreDoneWithAreFree(t *testing.T) {
	withEachPoller(t, func(t *testing.T, poller string) {
		n, o, _ := newPorts(t, poller, "r1")
		n.Host("r1").StartNginx()
		n.Host("r1").Serve(":81", answerer)
		for _, scheduler := range []string{"http", "hhttp", "phttp", "chttp"} {
			for what, c := range map[string]struct{ server, request string }{
				"GET":             {n.Web("r1"), ask},
				"GET, then close": {n.Web("r1"), "GET / HTTP/1.1\nHost: x\nConnection: close\n\n"},
				"HTTP/1.0":        {n.Web("r1"), "GET / HTTP/1.0\nHost: x\n\n"},
				"POST":            {n.Addr("r1").String() + ":81", "POST / HTTP/1.1\nHost: x\nContent-Length: 5\n\nhello"},
			} {
				serveOn(o, scheduler, c.server)
				for i := range 2 * ports {
					if got := exchangeOnce(t, n, c.request); !strings.HasPrefix(got, "200 ") {
						t.Fatalf("%s, %s: request %d is answered %q, want 200: of %d ports none may be kept", scheduler, what, i, got, ports)
					}
				}
			}
		}
	})
}

// answerer reads a request with a body of 5 bytes, answers and waits for more.
func answerer(conn net.Conn) {
	buf := make([]byte, 4096)
	for got := 0; ; {
		size, err := conn.Read(buf[got:])
		if err != nil {
			return
		}
		if got += size; bytes.HasSuffix(buf[:got], []byte("\r\n\r\nhello")) {
			io.WriteString(conn, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
			got = 0
		}
	}
}

// An answer may come before the body has been read.
func TestABodyReachesAServerThatAnswersBeforeItReadsIt(t *testing.T) {
	withEachPoller(t, func(t *testing.T, poller string) {
		n, o, _ := newPorts(t, poller, "r1")
		read := make(chan int64)
		n.Host("r1").Serve(":80", func(conn net.Conn) {
			var head bytes.Buffer
			for one := make([]byte, 1); !bytes.HasSuffix(head.Bytes(), []byte("\r\n\r\n")); head.Write(one) {
				if _, err := io.ReadFull(conn, one); err != nil {
					return
				}
			}
			io.WriteString(conn, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
			<-read
			size, _ := io.Copy(io.Discard, conn)
			read <- size
		})
		for _, scheduler := range []string{"http", "hhttp"} {
			for _, size := range []int{5, 1000} {
				serveOn(o, scheduler, n.Web("r1"))
				w := n.Client.Wire(n.VIP(8080))
				w.Say("POST / HTTP/1.1\nHost: x\nContent-Length: %d\n\n%s", size, strings.Repeat("b", size))
				w.Expect(200, "POST")
				w.Close()
				lab.Eventually(t, "the client's connection has ended", func() bool {
					return !strings.Contains(n.Balancer.Read("/run/ktcpvs/proc/net/ktcpvs/connections"), "10.99.1.2:")
				})
				read <- 0
				if got := <-read; got != int64(size) {
					t.Errorf("%s: the server could read %d bytes of a body of %d", scheduler, got, size)
				}
			}
		}
	})
}

// Ports are used up for each server by itself.
func TestAServerThatNoPortIsLeftToIsReplaced(t *testing.T) {
	withEachPoller(t, func(t *testing.T, poller string) {
		n, o, _ := newPorts(t, poller, "r1", "r2")
		hold := func(conn net.Conn) { io.WriteString(conn, "hello\n"); conn.Read(make([]byte, 1)) }
		n.Host("r1").Serve(":70", hold)
		n.Host("r2").Serve(":70", hold)
		addr := func(name string) string { return netip.AddrPortFrom(n.Addr(name), 70).String() }
		// All ports to r1 are taken by others.
		var taken []net.Conn
		for len(taken) < ports {
			conn, err := n.Balancer.Dial(addr("r1"))
			if err != nil {
				break
			}
			defer conn.Close()
			taken = append(taken, conn)
		}
		serveOn(o, "wlc", addr("r1"), addr("r2"))
		for i := range 10 {
			w := n.Client.Wire(n.VIP(8080))
			if line := w.Line(); line != "hello" {
				t.Fatalf("connection %d got %q, want the greeting of r2, to which there are ports", i, line)
			}
		}
		// With no other server the lack is told as ours.
		serveOn(o, "phttp", addr("r1"))
		if got := exchangeOnce(t, n, ask); !strings.HasPrefix(got, "503 ") {
			t.Errorf("without any port: %q, want 503", got)
		}
	})
}
