package netns

import (
	"bufio"
	"fmt"
	"net"
	"net/http"
	"os"
	"strconv"
	"strings"
	"testing"

	"ktcpvs/tests/netns/lab"
	"ktcpvs/tests/wait"
)

// Reloads of a table that runs. KTCPVS_RELOADS makes them as many, over as many open
// tunnels.
func reloads(t testing.TB) int {
	n, err := strconv.Atoi(os.Getenv("KTCPVS_RELOADS"))
	if os.Getenv("KTCPVS_RELOADS") == "" {
		return 25
	}
	if err != nil || n < 1 {
		t.Fatalf("KTCPVS_RELOADS is %q, expected a number from 1", os.Getenv("KTCPVS_RELOADS"))
	}
	return n
}

// echo switches to lines that it says again, and answers whatever else is asked.
func echo(conn net.Conn) {
	in := bufio.NewReader(conn)
	for {
		request, err := http.ReadRequest(in)
		if err != nil {
			return
		}
		if request.Header.Get("Upgrade") == "" {
			body := "r1 " + request.RequestURI + "\n"
			fmt.Fprintf(conn, "HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s", len(body), body)
			continue
		}
		fmt.Fprint(conn, "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n")
		for {
			line, err := in.ReadString('\n')
			if err != nil {
				return
			}
			fmt.Fprint(conn, line)
		}
	}
}

func TestReloadsUnderTrafficCloseNothingAndFailNothing(t *testing.T) {
	withEachPoller(t, func(t *testing.T, poller string) {
		s := newSite(t, poller)
		s.Host("r1").Serve(":80", echo)
		s.Balancer.SetKnob("read_timeout", "86400") // tunnels say nothing while the reloads go on
		file := func(weight, port int) string {
			return fmt.Sprintf(`virtual web { scheduler = phttp server = r1:80 1 rule = pattern .* use server r1:80 }
				virtual tcp { listen = 0.0.0.0:81 scheduler = wlc server = r1:80 1 }
				virtual other { listen = 0.0.0.0:%d scheduler = http server = r1:80 %d rule = pattern .* use server r1:80 }`, port, weight)
		}
		s.Load(file(1, 82))
		s.Does("--start")
		n := reloads(t)
		var tunnels []*lab.Wire
		for i := range n {
			w := s.Client.Wire(s.VIP(8080 - 7999*(i%2))) // half of them through wlc
			w.Say("GET /ws HTTP/1.1\nHost: x\nConnection: Upgrade\nUpgrade: websocket\n\n")
			if response, _, err := w.Response("GET"); err != nil || response.StatusCode != 101 {
				t.Fatalf("tunnel %d: %v, %v; want 101", i, response, err)
			}
			tunnels = append(tunnels, w)
		}
		all := []*traffic{
			{t: t, from: s.Client, to: s.VIP(8080), accept: always},
			{t: t, from: s.Client, to: s.VIP(81), accept: always},
			{t: t, from: s.Client, to: s.VIP(82), accept: always},
		}
		for _, tr := range all {
			tr.start(1)
			tr.more(10)
		}
		for i := range n {
			s.Load(file(2+i%2, 82))
		}
		for i, w := range tunnels {
			w.SetDeadline(wait.End()) // reloads may have taken longer than the one it had
			w.Say("ping %d\n", i)
			if line := w.Line(); line != fmt.Sprintf("ping %d", i) {
				t.Errorf("tunnel %d after %d reloads: %q", i, n, line)
			}
		}
		for _, tr := range all {
			tr.more(10)
			tr.end()
		}
		if table := s.Table(); strings.Count(table, "Virtual") != 3 {
			t.Errorf("the table is\n%s", table)
		}
	})
}

// A service that listens elsewhere after a reload, one that is no more in the file,
// and one that is new.
func TestAReloadMovesStopsAndStarts(t *testing.T) {
	withEachPoller(t, func(t *testing.T, poller string) {
		s := newSite(t, poller)
		asked, answer := make(chan bool), make(chan bool)
		s.Host("r1").ServeHTTP(":80", func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path == "/slow" {
				asked <- true
				<-answer
			}
			fmt.Fprint(w, "ok")
		})
		service := func(name, listen, state string) string {
			return fmt.Sprintf("virtual %s { listen = %s scheduler = phttp %s server = r1:80 1 rule = pattern .* use server r1:80 }\n", name, listen, state)
		}
		s.Load(service("moves", "0.0.0.0:81", "") + service("goes", "0.0.0.0:82", ""))
		s.Does("--start")
		kept, slow := s.Client.Wire(s.VIP(81)), s.Client.Wire(s.VIP(82))
		kept.Say("GET / HTTP/1.1\nHost: x\n\n")
		kept.Expect(200, "GET")
		slow.Say("GET /slow HTTP/1.1\nHost: x\n\n")
		<-asked

		s.Load(service("moves", "10.99.1.1:83", "")) // overlaps with nothing
		s.Load(service("moves", "10.99.1.1:81", "")) // back, and no more on every address
		s.Load(service("moves", "0.0.0.0:81", ""))   // overlaps with what it had
		for _, port := range []int{82, 83} {
			if w, err := s.Client.Connect(s.VIP(port)); err == nil {
				w.Close()
				t.Errorf("somebody listens at port %d, which no service of the file does", port)
			}
		}
		kept.Say("GET / HTTP/1.1\nHost: x\n\n")
		kept.Expect(200, "GET") // on the connection that came before
		close(answer)
		if response, body := slow.Expect(200, "GET"); body != "ok" || !response.Close {
			t.Errorf("of the service that is gone came %q, to be closed: %v; want ok, and true", body, response.Close)
		}
		w := s.Client.Wire(s.VIP(81))
		w.Say("GET / HTTP/1.1\nHost: x\n\n")
		w.Expect(200, "GET")

		// Where another listens, nothing changes.
		s.Balancer.Listen(":84")
		path := s.File(service("moves", "0.0.0.0:84", "") + service("new", "0.0.0.0:85", ""))
		s.Fails(1, path+`:1:9: Address already in use: service "moves": listen on 0.0.0.0:84`, "-f", path)
		w.Say("GET / HTTP/1.1\nHost: x\n\n")
		w.Expect(200, "GET")
	})
}
