package integrity

import (
	"bufio"
	"fmt"
	"net"
	"net/http"
	"strings"
	"testing"
)

// liar answers each connection's first request with what it makes of the token.
func liar(t *testing.T, answer func(token string) string) func() (net.Conn, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
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
				if r, err := http.ReadRequest(bufio.NewReader(conn)); err == nil {
					fmt.Fprint(conn, answer(r.Header.Get("X-Token")))
				}
			}()
		}
	}()
	return func() (net.Conn, error) { return net.Dial("tcp", listener.Addr().String()) }
}

// A test that watches for what never happens is held to what does.
func TestClientSeesWhatIsNotItsOwn(t *testing.T) {
	const head = "HTTP/1.1 200 OK\r\nConnection: close\r\n"
	for name, c := range map[string]struct {
		answer func(token string) string
		want   string
	}{
		"another's head": {func(string) string { return head + "X-Token: t999\r\nContent-Length: 0\r\n\r\n" }, "a response of"},
		"another's body": {func(token string) string {
			return head + "X-Token: " + token + "\r\nContent-Length: 5\r\n\r\nt9999"
		}, "offset 0"},
		"a shorter body": {func(token string) string {
			return head + "X-Token: " + token + "\r\nContent-Length: 2\r\n\r\n" + token[:2]
		}, "a whole body of 2 bytes"},
		"no head":           {func(string) string { return "SSH-2.0-x\r\n\r\n" }, "no response"},
		"another's refusal": {func(string) string { return "HTTP/1.1 502 Bad\r\nContent-Length: 0\r\n\r\n" }, "a response of"},
		"two answers": {func(string) string {
			return "HTTP/1.1 502 Bad Gateway\r\nCache-Control: no-store\r\nConnection: close\r\nContent-Length: 3\r\n\r\n502HTTP/1.1 200 OK\r\n\r\n"
		}, "after the last response"},
		"a refusal of a sound exchange": {func(string) string {
			return "HTTP/1.1 502 Bad Gateway\r\nCache-Control: no-store\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"
		}, "could be sent again"},
	} {
		t.Run(name, func(t *testing.T) {
			tally := NewTally()
			client := NewClient("t001", liar(t, c.answer), tally)
			client.Again = true
			for range 300 {
				client.Session()
			}
			if all := strings.Join(tally.Violations(), "\n"); !strings.Contains(all, c.want) {
				t.Errorf("in 300 sessions nothing was noted of %q: %s", c.want, tally)
			}
		})
	}
}
