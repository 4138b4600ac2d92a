package netns

import (
	"bytes"
	"fmt"
	"net"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"ktcpvs/tests/netns/lab"
	"ktcpvs/tests/require"
	"ktcpvs/tests/wait"
)

// syscalls counts a daemon's system calls of those names while do runs.
func syscalls(t testing.TB, d *lab.Daemon, names string, do func()) string {
	t.Helper()
	require.Capability(t, "CAP_SYS_PTRACE")
	summary := t.TempDir() + "/strace"
	tracer := exec.Command(require.Tool(t, "strace"), "-f", "-c", "-o", summary, "-e", "trace="+names, "-p", fmt.Sprint(d.PID()))
	log := &lab.Log{}
	tracer.Stderr = log
	if err := tracer.Start(); err != nil {
		t.Fatal(err)
	}
	lab.Eventually(t, "strace is attached", func() bool { return log.Has("attached") })
	do()
	tracer.Process.Signal(unix.SIGINT)
	tracer.Wait()
	text, err := os.ReadFile(summary)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func TestZerocopySendRelaysBulkInsideTheKernel(t *testing.T) {
	t.Parallel()
	f := newFarm(t, "r1")
	const size = 64 << 20
	f.web["r1"].Put("bulk", size)
	upload := t.TempDir() + "/upload"
	if err := os.WriteFile(upload, bytes.Repeat([]byte("0123456789abcdef"), size/16), 0o644); err != nil {
		t.Fatal(err)
	}
	f.Load("virtual web { scheduler = phttp server = r1:80 1 rule = pattern .* use server r1:80 }")
	f.Does("--start")
	transfer := func() {
		t.Helper()
		out, status := f.Client.Curl("-o", "/dev/null", "-w", "%{http_code} %{size_download}", "http://"+f.VIP(8080)+"/files/bulk")
		if status != 0 || out != fmt.Sprint("200 ", size) {
			t.Errorf("down: curl exits %d with %q", status, out)
		}
		out, status = f.Client.Curl("-o", "/dev/null", "-w", "%{http_code} %{size_upload}", "-T", upload, "http://"+f.VIP(8080)+"/files/up")
		if status != 0 || !strings.HasPrefix(out, "20") || !strings.HasSuffix(out, fmt.Sprint(" ", size)) {
			t.Errorf("up: curl exits %d with %q", status, out)
		}
	}
	for value, splices := range map[string]bool{"": true, "0": false, "1": true, "2": true} {
		if value != "" { // "" is how the daemon starts
			f.Balancer.SetKnob("zerocopy_send", value)
		}
		calls := syscalls(t, f.daemon, "splice", transfer)
		var percent, seconds, each float64
		var count int
		for line := range strings.Lines(calls) {
			if strings.Contains(line, "splice") {
				fmt.Sscan(line, &percent, &seconds, &each, &count)
			}
		}
		if least := 2 * 2 * size / (1 << 20) / 2; splices && count < least || !splices && count > 0 {
			t.Errorf("zerocopy_send %q: the daemon splices %d times, want %v, and then at least %d:\n%s", value, count, splices, least, calls)
		}
	}
	got, err := os.ReadFile(f.web["r1"].Dir + "/up")
	if err != nil || !bytes.Equal(got, bytes.Repeat([]byte("0123456789abcdef"), size/16)) {
		t.Errorf("the spliced upload arrives changed: %d bytes, %v", len(got), err)
	}
}

// waiting is how many bytes have come and are not read.
func waiting(t testing.TB, conn net.Conn) (n int64) {
	t.Helper()
	raw, err := conn.(*net.TCPConn).SyscallConn()
	if err == nil {
		err = raw.Control(func(fd uintptr) {
			queued, errno := unix.IoctlGetInt(int(fd), unix.SIOCINQ)
			if n = int64(queued); errno != nil {
				t.Error(errno)
			}
		})
	}
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func TestZerocopySendRelaysABulkTunnel(t *testing.T) {
	t.Parallel()
	f := newFarm(t, "r1")
	const size = 64 << 20
	f.web["r1"].Put("bulk", size)
	f.Balancer.SetKnob("zerocopy_send", "1")
	f.Load("virtual any { scheduler = wlc server = r1:80 1 }")
	f.Does("--start")
	calls := syscalls(t, f.daemon, "splice", func() {
		w := f.Client.Wire(f.VIP(8080))
		w.Say("GET /files/bulk HTTP/1.1\nHost: x\nConnection: close\n\n")
		// So much waits then that receives fill the daemon's buffer, whoever is fast.
		wait.Settles(t, time.Second, "bytes that wait for the client", func() int64 { return waiting(t, w.Conn) })
		if _, body := w.Expect(200, "GET"); len(body) != size {
			t.Errorf("got %d bytes", len(body))
		}
	})
	if !strings.Contains(calls, "splice") {
		t.Errorf("a tunnel of %d bytes calls\n%s", size, calls)
	}
}
