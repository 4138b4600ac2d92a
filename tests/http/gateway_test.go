package http

import (
	"net/netip"
	"strings"
	"testing"

	"ktcpvs/daemon/http1"
	"ktcpvs/daemon/match"
	"ktcpvs/daemon/relay"
	"ktcpvs/daemon/sched"
	"ktcpvs/daemon/table"
)

// gateway is one client's session at a service with one server, without sockets.
type gateway struct {
	ctx      *relay.Context
	session  relay.Session
	toServer strings.Builder
	toClient strings.Builder
	hungUp   [2]bool // by side: closed, aborted or half-closed by the gateway
	released int     // times the server connection went back to the pool
}

func newGateway(t *testing.T) *gateway {
	t.Helper()
	server := netip.MustParseAddrPort("10.0.0.1:80")
	store := table.NewStore(sched.NewRegistry(), 1, match.DefaultLimits())
	err := store.Update(func(tx *table.Tx) error {
		if err := tx.AddService(table.ServiceSpec{Name: "web", Scheduler: "phttp", Listen: netip.MustParseAddrPort("0.0.0.0:80")}); err != nil {
			return err
		}
		if err := tx.AddServer("web", table.ServerSpec{Addr: server, Weight: 1}); err != nil {
			return err
		}
		return tx.AddRule("web", table.RuleSpec{Pattern: match.Pattern{Expr: ".*"}, Server: server})
	})
	if err != nil {
		t.Fatal(err)
	}
	g := &gateway{ctx: relay.NewContext(0)}
	g.ctx.Snapshot = store.Snapshot()
	g.ctx.Date = []byte("Tue, 04 Jun 2024 10:11:12 GMT")
	g.session.Open(g.ctx.Snapshot.Lookup("web").Live, netip.MustParseAddr("192.0.2.7"))
	g.step(relay.Event{Kind: relay.Opened})
	return g
}

// step gives the session one event and notes what it asks for.
func (g *gateway) step(ev relay.Event) {
	if g.session.Closed() {
		return
	}
	for _, op := range g.session.Step(g.ctx, &ev) {
		switch op.Kind {
		case relay.Write:
			to := &g.toServer
			if op.Side == relay.Client {
				to = &g.toClient
			}
			to.Write(op.Head)
			to.Write(op.Data)
		case relay.HangUp, relay.Abort, relay.Finish:
			g.hungUp[op.Side] = true
		case relay.Release:
			g.released++
		case relay.Dial:
			g.hungUp[relay.Server] = false
		}
	}
}

func (g *gateway) client(bytes string) {
	g.step(relay.Event{Kind: relay.Received, Side: relay.Client, Data: []byte(bytes)})
}

func (g *gateway) server(bytes string) {
	g.step(relay.Event{Kind: relay.Received, Side: relay.Server, Data: []byte(bytes)})
}

const get = "GET /a HTTP/1.1\r\nHost: x\r\n\r\n"

func TestInterimResponsesReachClientsThatKnowThem(t *testing.T) {
	for version, want := range map[string]bool{"1.1": true, "1.0": false} {
		g := newGateway(t)
		g.client("GET /a HTTP/" + version + "\r\nHost: x\r\n\r\n")
		g.server("HTTP/1.1 103 Early Hints\r\nLink: </s.css>\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi")
		got := g.toClient.String()
		if strings.Contains(got, "103 Early") != want {
			t.Errorf("HTTP/%s: %q", version, got)
		}
		if !strings.HasSuffix(got, "\r\n\r\nhi") {
			t.Errorf("HTTP/%s: no final response: %q", version, got)
		}
	}
}

func TestHTTP10ClientIsNeverSentTransferEncoding(t *testing.T) {
	g := newGateway(t)
	g.client("GET /a HTTP/1.0\r\n\r\n")
	g.server("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\nX-Trailer: y\r\n\r\n")
	got := g.toClient.String()
	if strings.Contains(got, "Transfer-Encoding") || strings.Contains(got, "X-Trailer") || !strings.HasSuffix(got, "\r\n\r\nhi") {
		t.Errorf("%q", got)
	}
	if !g.hungUp[relay.Client] {
		t.Error("the connection, which ends the body, is still open")
	}
}

func TestServerSwitchingUnaskedIsABadGateway(t *testing.T) {
	g := newGateway(t)
	g.client(get)
	g.server("HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n")
	if got := g.toClient.String(); !strings.HasPrefix(got, "HTTP/1.1 502 ") || g.released != 0 {
		t.Errorf("%q, server connection reused: %d", got, g.released)
	}
}

func TestRequestAfterCloseIsNotProcessed(t *testing.T) {
	g := newGateway(t)
	g.client("GET /a HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\nGET /b HTTP/1.1\r\nHost: x\r\n\r\n")
	g.server("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
	if strings.Contains(g.toServer.String(), "/b") || !g.hungUp[relay.Client] || !strings.Contains(g.toClient.String(), "Connection: close\r\n") {
		t.Errorf("to server %q, to client %q, closed %v", &g.toServer, &g.toClient, g.hungUp[relay.Client])
	}
}

func TestServerThatWillCloseIsNotReused(t *testing.T) {
	for _, head := range []string{
		"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n",
		"HTTP/1.0 200 OK\r\nContent-Length: 0\r\n\r\n",
		"HTTP/1.1 204 No Content\r\nContent-Length: 5\r\n\r\n",
	} {
		g := newGateway(t)
		g.client(get)
		g.server(head)
		if g.released != 0 || !g.hungUp[relay.Server] || g.hungUp[relay.Client] {
			t.Errorf("%q: released %d, hung up %v", head, g.released, g.hungUp)
		}
	}
}

func TestBodyToHEADIsNotTakenForAResponse(t *testing.T) {
	g := newGateway(t)
	g.client("HEAD /a HTTP/1.1\r\nHost: x\r\n\r\n")
	g.server("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello")
	if got := g.toClient.String(); !strings.Contains(got, "Content-Length: 5\r\n") || strings.Contains(got, "hello") {
		t.Errorf("to client %q", got)
	}
	if g.released != 0 || !g.hungUp[relay.Server] {
		t.Error("the server connection is used again")
	}
}

func TestMaxForwardsZeroIsAnsweredHere(t *testing.T) {
	for method, want := range map[string]string{"OPTIONS": "HTTP/1.1 200 ", "TRACE": "HTTP/1.1 405 "} {
		g := newGateway(t)
		g.client(method + " /a HTTP/1.1\r\nHost: x\r\nMax-Forwards: 0\r\n\r\n")
		if g.toServer.Len() != 0 || !strings.HasPrefix(g.toClient.String(), want) {
			t.Errorf("%s: to server %q, to client %q", method, &g.toServer, &g.toClient)
		}
	}
}

// Of what is refused, not one byte reaches a server; the client is told and the connection closes.
func TestNothingOfARefusedRequestReachesAServer(t *testing.T) {
	refused := 0
	for _, v := range loadVectors(t) {
		if v.response {
			continue
		}
		got := v.read(v.input, 0)
		if got.err == nil || len(got.messages) > 0 {
			continue // accepted, or refused after a head that was fine
		}
		refused++
		g := newGateway(t)
		g.client(v.input)
		status, _, _ := strings.Cut(g.toClient.String(), "\r\n")
		if g.toServer.Len() != 0 || !strings.HasPrefix(status, "HTTP/1.1 4") && !strings.HasPrefix(status, "HTTP/1.1 5") || !g.hungUp[relay.Client] {
			t.Errorf("%s: to server %q, to client %q, closed %v", v.name, &g.toServer, status, g.hungUp[relay.Client])
		}
	}
	if refused < 40 {
		t.Errorf("only %d vectors were refused", refused)
	}
}

// A bad response gives the client 502, and its connection is not used again.
func TestNothingOfARefusedResponseReachesTheClient(t *testing.T) {
	refused := 0
	for _, v := range loadVectors(t) {
		got := v.read(v.input, 0)
		if !v.response || got.err == nil || len(got.messages) > 0 {
			continue
		}
		refused++
		g := newGateway(t)
		g.client(get)
		g.server(v.input)
		answer := read(g.toClient.String(), true, http1.GET, 0)
		if len(answer.messages) != 1 || answer.messages[0].start != "502 Bad Gateway" || g.released != 0 || !g.hungUp[relay.Server] {
			t.Errorf("%s: to client %+v, released %d, hung up %v", v.name, answer, g.released, g.hungUp)
		}
	}
	if refused < 20 {
		t.Errorf("only %d vectors were refused", refused)
	}
}
