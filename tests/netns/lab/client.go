package lab

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"

	"ktcpvs/tests/require"
)

// HTTPClient is a client on the host that keeps its connections and does
// nothing of its own accord: no redirects, no compression, no second try.
func (h *Host) HTTPClient() *http.Client {
	transport := &http.Transport{
		DialContext: func(_ context.Context, _, addr string) (net.Conn, error) {
			return h.Dial(addr)
		},
		DisableCompression:  true,
		MaxIdleConnsPerHost: 1000,
	}
	h.t.Cleanup(transport.CloseIdleConnections)
	return &http.Client{
		Transport:     transport,
		Timeout:       patience,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// Get gets a URL with a client and gives the status and the body.
func Get(client *http.Client, url string) (status int, body string, err error) {
	response, err := client.Get(url)
	if err != nil {
		return 0, "", err
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	return response.StatusCode, string(text), err
}

// Curl calls curl on the host and gives what it printed, and its exit status.
func (h *Host) Curl(args ...string) (out string, status int) {
	h.t.Helper()
	require.Tool(h.t, "curl")
	return h.Try(`exec curl -sS --max-time 30 "$@"`, args...)
}

// Connection is one that HTTP is spoken over byte by byte.
type Connection struct {
	net.Conn

	reader *bufio.Reader
}

// Connect connects from the host to a numeric address.
func (h *Host) Connect(addr string) (*Connection, error) { return h.connectFrom("", addr) }

func (h *Host) connectFrom(source, addr string) (*Connection, error) {
	conn, err := h.DialFrom(source, addr)
	if err != nil {
		return nil, err
	}
	return &Connection{conn, bufio.NewReader(conn)}, nil
}

// Response reads a response to a request of that method, and its body whole.
// An error in the body comes with what was read of it.
func (c *Connection) Response(method string) (*http.Response, string, error) {
	response, err := http.ReadResponse(c.reader, &http.Request{Method: method})
	if err != nil {
		return nil, "", err
	}
	body, err := io.ReadAll(response.Body)
	return response, string(body), err
}

// Heard connects to a numeric address, says something, and gives what comes until
// the connection ends. A connection that is reset at once may fail to be made, and
// the error is told once: to what is said, if that fails.
func (h *Host) Heard(addr string, say ...string) (string, error) {
	conn, err := h.Connect(addr)
	if err != nil {
		return "", err
	}
	defer conn.Close()
	for _, text := range say {
		if _, err := io.WriteString(conn, text); err != nil {
			return "", err
		}
	}
	return conn.Rest()
}

// Ahead gives the next n bytes, which stay to be read.
func (c *Connection) Ahead(n int) (string, error) {
	next, err := c.reader.Peek(n)
	return string(next), err
}

// Rest reads until the other side closes.
func (c *Connection) Rest() (string, error) {
	rest, err := io.ReadAll(c.reader)
	return string(rest), err
}

// Wire is a Connection of a test, which fails where that does not work.
type Wire struct {
	*Connection

	t testing.TB
}

// Wire connects from the host to a numeric address until the test ends.
func (h *Host) Wire(addr string) *Wire {
	h.t.Helper()
	return h.WireFrom("", addr)
}

// WireFrom is Wire from one of the host's addresses, "" for whichever.
func (h *Host) WireFrom(source, addr string) *Wire {
	h.t.Helper()
	c, err := h.connectFrom(source, addr)
	if err != nil {
		h.t.Fatal(err)
	}
	h.t.Cleanup(func() { c.Close() })
	return &Wire{c, h.t}
}

// Say sends text, in which lines end with \n here and with CRLF on the wire.
func (w *Wire) Say(format string, args ...any) {
	w.t.Helper()
	text := strings.ReplaceAll(fmt.Sprintf(format, args...), "\n", "\r\n")
	if _, err := io.WriteString(w.Conn, text); err != nil {
		w.t.Fatal(err)
	}
}

// Expect reads a response that must have that status, and gives it.
func (w *Wire) Expect(status int, method string) (*http.Response, string) {
	w.t.Helper()
	response, body, err := w.Response(method)
	if err != nil {
		w.t.Fatalf("expected a response %d: %v", status, err)
	}
	if response.StatusCode != status {
		w.t.Fatalf("got %s, expected %d", response.Status, status)
	}
	return response, body
}

// Line reads one line, without its end.
func (w *Wire) Line() string {
	w.t.Helper()
	line, err := w.reader.ReadString('\n')
	if err != nil {
		w.t.Fatalf("after %q: %v", line, err)
	}
	return strings.TrimRight(line, "\r\n")
}
