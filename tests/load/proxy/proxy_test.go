package proxy

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"ktcpvs/tests/require"

	"ktcpvs/tests/load/cpu"
	"ktcpvs/tests/wait"
)

// peers are both peers, which the test requires.
func peers(t *testing.T) []Program {
	both := []Program{Haproxy{"haproxy"}, Nginx{"nginx"}}
	for _, p := range both {
		require.That(t, "the program "+p.Name(), p.Missing())
	}
	return both
}

// numbered is a web server that answers with its number.
func numbered(t *testing.T, number int) netip.AddrPort {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, number) }))
	t.Cleanup(server.Close)
	return netip.MustParseAddrPort(server.Listener.Addr().String())
}

func firstCore(t *testing.T) int {
	cores, err := cpu.Allowed()
	if err != nil {
		t.Fatal(err)
	}
	return cores[0]
}

func TestPeersRouteByTheRulesAndEndWhenStopped(t *testing.T) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	s := Setup{
		Servers: []netip.AddrPort{numbered(t, 0), numbered(t, 1), numbered(t, 2)},
		Rules:   []Rule{{Pattern: "/images/", Prefix: true, Server: 1}, {Pattern: `/item/[0-9]+\.html$`, Server: 0}},
		Default: 2,
	}
	for _, p := range peers(t) {
		running, err := Start(t.Context(), p, firstCore(t), s)
		if err != nil {
			t.Error(err)
			continue
		}
		for path, want := range map[string]string{"/images/x": "1", "/a/item/12.html": "0", "/item/12xhtml": "2", "/": "2"} {
			response, err := http.Get("http://" + running.Addr.String() + path)
			if err != nil {
				t.Errorf("%s: %v", p.Name(), err)
				continue
			}
			body, _ := io.ReadAll(response.Body)
			response.Body.Close()
			if string(body) != want {
				t.Errorf("%s: %s answered by %q, expected server %s", p.Name(), path, body, want)
			}
		}
		processes, err := running.Processes()
		if err != nil {
			t.Error(err)
		}
		if used, err := running.Used(processes); err != nil || used.Total <= 0 {
			t.Errorf("%s used %v (%v), expected some processor time", p.Name(), used, err)
		}
		running.Stop()
		if _, err := running.Used(processes); err == nil {
			t.Errorf("%s: process %v is still there after Stop", p.Name(), processes)
		}
		if _, err := os.Stat(running.dir); !os.IsNotExist(err) {
			t.Errorf("%s: its files are still in %s (%v)", p.Name(), running.dir, err)
		}
	}
	http.DefaultClient.CloseIdleConnections()
}

func TestAProxyThatRefusesItsConfigurationSaysWhy(t *testing.T) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	for _, p := range peers(t) {
		s := setup
		s.Rules = []Rule{{Pattern: "/unbalanced(", Server: 0}}
		running, err := Start(t.Context(), p, firstCore(t), s)
		if err == nil {
			running.Stop()
			t.Errorf("%s started with an unbalanced expression", p.Name())
			continue
		}
		if !strings.Contains(err.Error(), p.Name()) || !strings.Contains(err.Error(), "unbalanced") {
			t.Errorf("error %v, expected one that names %s and the expression", err, p.Name())
		}
	}
}

func TestStopEndsAProcessThatIgnoresTheSignal(t *testing.T) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	running, err := Start(t.Context(), deaf{t}, firstCore(t), setup)
	if err != nil {
		t.Fatal(err)
	}
	running.Stop()
	if running.alive.Err() == nil {
		t.Error("the process is still there")
	}
}

// deaf is a shell that ignores SIGTERM, behind a listener of the test.
type deaf struct{ t *testing.T }

func (deaf) Name() string    { return "deaf" }
func (deaf) Missing() error  { return nil }
func (deaf) Version() string { return "" }
func (d deaf) start(_ string, listen netip.AddrPort, _ Setup) (*exec.Cmd, error) {
	listenUntilEnd(d.t, listen)
	return exec.Command("sh", "-c", `trap "" TERM; echo ready; while :; do sleep 10; done`), nil
}

// configure waits until the shell ignores the signal.
func (d deaf) configure(_ context.Context, dir string, _ netip.AddrPort, _ Setup) error {
	wait.Until(d.t, "the shell says something", func() bool {
		said, err := os.ReadFile(filepath.Join(dir, "output"))
		return err == nil && len(said) > 0
	})
	return nil
}

func listenUntilEnd(t *testing.T, addr netip.AddrPort) {
	listener, err := net.Listen("tcp4", addr.String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { listener.Close() })
}
