package arena

import (
	"errors"
	"io"
	"net"
	"net/http"
	"net/netip"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"
)

// Echo answers /FRAMING/SIZE/TOKEN with SIZE bytes made of the token, once it
// has read the request: with a Content-Length where FRAMING is length, in
// chunks where it is chunks.
func Echo(w http.ResponseWriter, r *http.Request) {
	io.Copy(io.Discard, r.Body)
	framing, size, token, err := asked(r.URL.Path)
	if err != nil {
		http.Error(w, err.Error(), http.StatusNotFound)
		return
	}
	piece := size
	if framing == "length" {
		w.Header().Set("Content-Length", strconv.Itoa(size))
	} else {
		piece = 8 << 10
	}
	for body := echoed(token, size); len(body) > 0; body = body[min(len(body), piece):] {
		if _, err := w.Write(body[:min(len(body), piece)]); err != nil {
			return
		}
		if framing != "length" {
			w.(http.Flusher).Flush()
		}
	}
}

func asked(path string) (framing string, size int, token string, err error) {
	part := strings.Split(path, "/")
	if len(part) != 4 || part[1] != "length" && part[1] != "chunks" {
		return "", 0, "", errors.New("expected /length/SIZE/TOKEN or /chunks/SIZE/TOKEN")
	}
	size, err = strconv.Atoi(part[2])
	return part[1], size, part[3], err
}

// Nothing is the token of bodies that are the same memory for everybody.
const Nothing = "nothing"

var nothing = make([]byte, 4<<20)

// echoed is the body that Echo answers a token with.
func echoed(token string, size int) []byte {
	if token == Nothing {
		return nothing[:min(size, len(nothing))]
	}
	return []byte(strings.Repeat(token+" ", size/(len(token)+1)+1)[:size])
}

// Process is an Echo server in a process of its own, that can be killed.
type Process struct {
	Addr netip.AddrPort

	t   testing.TB
	cmd *exec.Cmd
}

// StartEcho starts an Echo server in a process of its own.
func StartEcho(t testing.TB) *Process {
	t.Helper()
	enterable(t)
	p := &Process{Addr: FreePort(t, netip.MustParseAddr("127.0.0.1")), t: t}
	t.Cleanup(p.Kill)
	p.Start()
	return p
}

// Start starts the server again after Kill.
func (p *Process) Start() {
	p.t.Helper()
	p.cmd = exec.Command("/proc/self/exe")
	p.cmd.Env = append(os.Environ(), serverEnv+"="+p.Addr.String())
	p.cmd.Stderr = os.Stderr
	p.cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: unix.SIGKILL}
	if err := p.cmd.Start(); err != nil {
		p.t.Fatal(err)
	}
	Eventually(p.t, "the server listens", func() bool {
		conn, err := net.Dial("tcp", p.Addr.String())
		if err == nil {
			conn.Close()
		}
		return err == nil
	})
}

// Kill ends the process as kill -9 does.
func (p *Process) Kill() {
	p.cmd.Process.Kill()
	p.cmd.Wait()
}
