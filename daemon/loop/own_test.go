package loop

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"ktcpvs/daemon/match"
	"ktcpvs/daemon/table"
)

// mailbox is a server that authenticates connections, as NTLM does in three legs
// and Negotiate in one. What it answers is whose the connection is.
type mailbox struct {
	addr      string
	challenge string       // field lines of the first 401
	ended     chan string  // whose connections have ended
	third     atomic.Int64 // third legs seen
	cutThird  bool         // close instead of answering them
}

func newMailbox(t testing.TB, challenge string) *mailbox {
	m := &mailbox{challenge: challenge, ended: make(chan string, 64)}
	m.addr = rawBackend(t, m.serve)
	return m
}

var connectionsOfMailboxes atomic.Int64

func (m *mailbox) serve(c net.Conn) {
	number := connectionsOfMailboxes.Add(1)
	whose := "nobody"
	defer func() { m.ended <- whose }()
	in := bufio.NewReader(c)
	for {
		r, err := http.ReadRequest(in)
		if err != nil {
			return
		}
		io.Copy(io.Discard, r.Body)
		auth := r.Header.Get("Authorization") + r.Header.Get("Proxy-Authorization")
		scheme, token, _ := strings.Cut(auth, " ")
		name, nonce, third := strings.Cut(token, "/")
		status, fields, body := "200 OK", "", ""
		switch {
		case r.URL.Path == "/close":
			return
		case r.URL.Path == "/public":
			body = "public"
		case strings.EqualFold(scheme, "Negotiate"):
			whose = token
		case strings.EqualFold(scheme, "NTLM") && third:
			m.third.Add(1)
			if m.cutThird {
				return
			}
			if nonce == fmt.Sprint(number) {
				whose = name
			}
		case strings.EqualFold(scheme, "NTLM"):
			status, fields = "401 Unauthorized", fmt.Sprintf("WWW-Authenticate: NTLM %d\r\n", number)
		}
		if body == "" && fields == "" {
			body = whose
			if whose == "nobody" {
				status, fields, body = "401 Unauthorized", m.challenge, ""
			}
		}
		fmt.Fprintf(c, "HTTP/1.1 %s\r\n%sContent-Length: %d\r\n\r\n", status, fields, len(body))
		if r.Method != "HEAD" {
			io.WriteString(c, body)
		}
	}
}

// awaits waits for the end of somebody's connection.
func (m *mailbox) awaits(t *testing.T, whose string) {
	t.Helper()
	for hang := time.After(3 * time.Minute); ; {
		select {
		case got := <-m.ended:
			if got == whose {
				return
			}
		case <-hang:
			t.Fatalf("the connection of %s to the server has not ended", whose)
		}
	}
}

// person is one client connection.
type person struct {
	t  *testing.T
	c  *net.TCPConn
	in *bufio.Reader
}

func (r *rig) person(t *testing.T) *person {
	c := r.dial()
	c.SetDeadline(time.Now().Add(3 * time.Minute)) // only ends a hang
	return &person{t, c, bufio.NewReader(c)}
}

// asks sends a request with these credentials, "" for none, and returns the
// status and the body, or the challenge of a 401.
func (p *person) asks(path, credentials string) (int, string) {
	p.t.Helper()
	if credentials != "" {
		credentials = "Authorization: " + credentials + "\r\n"
	}
	if _, err := fmt.Fprintf(p.c, "GET %s HTTP/1.1\r\nHost: x\r\n%s\r\n", path, credentials); err != nil {
		p.t.Fatal(err)
	}
	return p.reads("GET")
}

func (p *person) reads(method string) (int, string) {
	p.t.Helper()
	res, err := http.ReadResponse(p.in, &http.Request{Method: method})
	if err != nil {
		p.t.Fatalf("no response: %v", err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		p.t.Fatal(err)
	}
	if res.StatusCode == 401 {
		return 401, strings.Join(res.Header.Values("WWW-Authenticate"), "|")
	}
	return res.StatusCode, string(body)
}

// wants holds an answer to what is expected.
func (p *person) wants(what, path, credentials string, status int, body string) {
	p.t.Helper()
	if code, got := p.asks(path, credentials); code != status || got != body {
		p.t.Fatalf("%s: %d %q, want %d %q", what, code, got, status, body)
	}
}

// authenticates goes through the three legs.
func (p *person) authenticates(name string) {
	p.t.Helper()
	if code, _ := p.asks("/mail", ""); code != 401 {
		p.t.Fatalf("%s without credentials: %d, want 401", name, code)
	}
	code, nonce := p.asks("/mail", "NTLM "+name)
	if code != 401 || !strings.HasPrefix(nonce, "NTLM ") {
		p.t.Fatalf("%s, first leg: %d %q, want 401 with a challenge of NTLM", name, code, nonce)
	}
	p.wants(name+", last leg", "/mail", "nTLM "+name+"/"+strings.TrimPrefix(nonce, "NTLM "), 200, name)
}

// ends waits for the end of the client's connection, whatever comes before it.
func (p *person) ends() {
	p.t.Helper()
	if _, err := io.Copy(io.Discard, p.in); err != nil {
		p.t.Fatalf("the client's connection did not end in order: %v", err)
	}
}

var contentSchedulers = []string{"http", "hhttp", "phttp", "chttp"}

var challenges = map[string]string{
	"lines": "WWW-Authenticate: Basic realm=\"NTLM, a\"\r\nWWW-Authenticate: Negotiate\r\nWWW-Authenticate: NTLM\r\n",
	"list":  "WWW-Authenticate: Basic realm=\"NTLM, a\", nEgotiate, ntlm\r\n",
}

// The mailbox of one client is never another's, and the client keeps it: with
// each scheduler, whose rule has two servers.
func TestAConnectionThatIsAuthenticatedIsItsClientsAlone(t *testing.T) {
	for _, scheduler := range contentSchedulers {
		for coding, challenge := range challenges {
			t.Run(scheduler+"/"+coding, func(t *testing.T) {
				r := newRig(t, 1)
				r.serve(table.ServiceSpec{Scheduler: scheduler}, newMailbox(t, challenge).addr, newMailbox(t, challenge).addr)
				alice, bob := r.person(t), r.person(t)
				alice.authenticates("alice")
				for i := range 6 {
					if code, got := bob.asks("/mail", ""); code != 401 {
						t.Fatalf("bob without credentials, time %d: %d %q, want 401", i, code, got)
					}
					stranger := r.person(t)
					if code, got := stranger.asks("/mail", ""); code != 401 {
						t.Fatalf("another client, time %d: %d %q, want 401", i, code, got)
					}
					stranger.c.Close()
					alice.wants("alice, later", "/mail", "", 200, "alice")
				}
				bob.authenticates("bob")
				for range 3 {
					alice.wants("alice, beside bob", "/mail", "", 200, "alice")
					bob.wants("bob, beside alice", "/mail", "", 200, "bob")
				}
				io.WriteString(alice.c, strings.Repeat("HEAD /mail HTTP/1.1\r\nHost: x\r\n\r\nGET /mail HTTP/1.1\r\nHost: x\r\n\r\n", 3))
				for i := range 6 {
					method, want := "HEAD", ""
					if i%2 == 1 {
						method, want = "GET", "alice"
					}
					if code, got := alice.reads(method); code != 200 || got != want {
						t.Fatalf("pipelined %s %d of alice: %d %q, want 200 %q", method, i, code, got, want)
					}
				}
			})
		}
	}
}

// Credentials may come with a client's first request, over a connection that was
// others' before.
func TestCredentialsThatComeUnaskedMakeAPooledConnectionTheClients(t *testing.T) {
	for _, scheduler := range contentSchedulers {
		for _, field := range []string{"Authorization: Negotiate", "proxy-authorization:\tnegotiate"} {
			t.Run(scheduler+"/"+field, func(t *testing.T) {
				m := newMailbox(t, challenges["list"])
				r := newRig(t, 1)
				r.serve(table.ServiceSpec{Scheduler: scheduler}, m.addr)
				bob := r.person(t)
				bob.wants("bob", "/public", "", 200, "public")
				alice := r.person(t)
				fmt.Fprintf(alice.c, "GET /mail HTTP/1.1\r\nHost: x\r\n%s alice\r\n\r\n", field)
				if code, got := alice.reads("GET"); code != 200 || got != "alice" {
					t.Fatalf("alice: %d %q, want 200 alice", code, got)
				}
				for range 3 {
					if code, got := bob.asks("/mail", ""); code != 401 {
						t.Fatalf("bob: %d %q, want 401", code, got)
					}
					alice.wants("alice", "/mail", "", 200, "alice")
				}
				alice.c.Close()
				m.awaits(t, "alice")
				if code, got := r.person(t).asks("/mail", ""); code != 401 {
					t.Fatalf("who comes after alice: %d %q, want 401", code, got)
				}
			})
		}
	}
}

// A server that ends an authenticated connection ends the client's: in between,
// and in the middle of the handshake, which nobody repeats.
func TestAnAuthenticatedConnectionAndItsClientsEndTogether(t *testing.T) {
	for _, scheduler := range contentSchedulers {
		t.Run(scheduler, func(t *testing.T) {
			m := newMailbox(t, challenges["lines"])
			r := newRig(t, 1)
			r.serve(table.ServiceSpec{Scheduler: scheduler}, m.addr)
			warm := r.person(t)
			warm.wants("warm", "/public", "", 200, "public")
			alice := r.person(t)
			alice.authenticates("alice")
			if code, _ := alice.asks("/close", ""); code != 502 {
				t.Fatalf("alice, whose connection is cut off: %d, want 502", code)
			}
			alice.ends()

			m.cutThird = true
			alice = r.person(t)
			_, nonce := alice.asks("/mail", "NTLM alice")
			before := m.third.Load()
			code, _ := alice.asks("/mail", "NTLM alice/"+strings.TrimPrefix(nonce, "NTLM "))
			if code != 502 || m.third.Load() != before+1 {
				t.Fatalf("a last leg without an answer: %d, and the server saw it %d times; want 502 and 1", code, m.third.Load()-before)
			}
			alice.ends()
		})
	}
}

// The server of a client that does nothing ends its connection.
func TestAClientWhoseAuthenticatedConnectionIsClosedMeanwhileIsClosedToo(t *testing.T) {
	for _, scheduler := range contentSchedulers {
		r := newRig(t, 1)
		r.serve(table.ServiceSpec{Scheduler: scheduler}, rawBackend(t, func(c net.Conn) {
			if _, err := http.ReadRequest(bufio.NewReader(c)); err == nil {
				io.WriteString(c, "HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: NTLM\r\nContent-Length: 0\r\n\r\n")
			}
		}))
		alice := r.person(t)
		if code, _ := alice.asks("/mail", ""); code != 401 {
			t.Fatalf("%s: %d, want 401", scheduler, code)
		}
		alice.ends()
	}
}

// A request for another server goes there over a shared connection, and the
// client's own is closed: nobody else gets it, nor does it wait.
func TestARequestForAnotherServerClosesTheAuthenticatedConnection(t *testing.T) {
	for _, scheduler := range []string{"phttp", "chttp"} {
		m := newMailbox(t, challenges["list"])
		images := backend(t, func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, "image") })
		r := newRig(t, 1)
		r.serve(table.ServiceSpec{Scheduler: scheduler}, m.addr)
		r.change(func(tx *table.Tx) error {
			addr := netip.MustParseAddrPort(images)
			if err := tx.AddServer("web", table.ServerSpec{Addr: addr, Weight: 1}); err != nil {
				return err
			}
			return tx.AddRule("web", table.RuleSpec{Pattern: match.Pattern{Expr: "^/img"}, Server: addr})
		})
		alice := r.person(t)
		alice.authenticates("alice")
		for range 2 {
			alice.wants("another server", "/img", "", 200, "image")
		}
		m.awaits(t, "alice")
		if code, got := r.person(t).asks("/mail", ""); code != 401 {
			t.Fatalf("%s: bob: %d %q, want 401", scheduler, code, got)
		}
		alice.authenticates("alice")
	}
}

// A service may become one of a per-request scheduler while a client is there.
func TestAnAuthenticatedConnectionIsNotSharedAfterTheSchedulerHasChanged(t *testing.T) {
	r := newRig(t, 1)
	r.serve(table.ServiceSpec{Scheduler: "http"}, newMailbox(t, challenges["list"]).addr)
	alice := r.person(t)
	alice.authenticates("alice")
	r.change(func(tx *table.Tx) error { return tx.SetService(table.ServiceSpec{Name: "web", Scheduler: "phttp"}) })
	for range 3 {
		alice.wants("alice", "/mail", "", 200, "alice")
		if code, got := r.person(t).asks("/mail", ""); code != 401 {
			t.Fatalf("bob: %d %q, want 401", code, got)
		}
	}
}
