package hostile

import (
	"io"
	"net/http"
	"net/netip"
	"testing"
	"time"

	"ktcpvs/tests/hostile/arena"
)

// Without descriptors the daemon does not accept for the moment, says so once a
// second at most, goes on with those it has, and recovers by itself.
func TestOutOfDescriptorsTheDaemonWaitsAndRecovers(t *testing.T) {
	d := arena.StartDaemon(t)
	victim := arena.StartEcho(t)
	web := d.Serve(arena.Service{Servers: []netip.AddrPort{victim.Addr}})
	url := "http://" + web.String() + "/length/10/" + arena.Nothing
	get := func(c *http.Client) error {
		res, err := c.Get(url)
		if err != nil {
			return err
		}
		io.Copy(io.Discard, res.Body) // or the connection is not kept
		res.Body.Close()
		if res.StatusCode != 200 {
			t.Errorf("answered %s", res.Status)
		}
		return nil
	}
	early := &http.Client{Transport: &http.Transport{}, Timeout: 5 * time.Second}
	defer early.CloseIdleConnections()
	if err := get(early); err != nil {
		t.Fatal(err)
	}

	d.LimitDescriptors(d.Descriptors() + 50)
	began := time.Now()
	crowd := arena.Crowd{Hello: "GET /length/10/nothing HTTP/1.1\r\nHost: x\r\n\r\n"}.Gather(t, web, 200)
	const word = "cannot accept connections for the moment"
	arena.Eventually(t, "the daemon says that it cannot accept", func() bool { return len(d.Log.Lines(word)) > 0 })
	time.Sleep(2 * time.Second)
	if err := get(early); err != nil {
		t.Errorf("a connection from before is not served: %v", err)
	}
	lines, seconds := len(d.Log.Lines("cannot ")), int(time.Since(began).Seconds())
	if lines > seconds+2 {
		t.Errorf("%d lines in %d seconds, expected one a second at most:\n%s", lines, seconds, d.Log)
	}

	crowd.Disperse()
	late := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}, Timeout: 5 * time.Second}
	arena.Eventually(t, "a new client is served again", func() bool { return get(late) == nil })
}
