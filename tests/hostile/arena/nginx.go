package arena

import (
	"bytes"
	"fmt"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"

	"ktcpvs/tests/require"
)

// nginxConfig is a balancer of two servers, with as many workers as the daemon
// has loops and otherwise as an operator who expects crowds sets it.
const nginxConfig = `
user root;
daemon off;
worker_processes %d;
worker_rlimit_nofile 16000;
pid %[2]s/pid;
error_log stderr error;
events { worker_connections 12000; }
http {
	access_log off;
	client_body_temp_path %[2]s/body;
	proxy_temp_path %[2]s/proxy;
	proxy_max_temp_file_size 0;
	keepalive_requests 1000000;
	upstream site { server %[3]s; keepalive 64; }
	upstream victim { server %[4]s; keepalive 64; }
	map $host $upstream { default site; attack victim; }
	server {
		listen %[5]s backlog=65535 reuseport;
		location / {
			proxy_pass http://$upstream;
			proxy_http_version 1.1;
			proxy_set_header Connection "";
			proxy_set_header Host $host;
		}
	}
}
`

// StartNginx has nginx do what the daemon is compared with: requests for the
// host "attack" go to the victim, others to the site. It ends with the test.
func StartNginx(t testing.TB, site, victim netip.AddrPort) netip.AddrPort {
	t.Helper()
	enterable(t)
	dir := t.TempDir()
	listen := FreePort(t, site.Addr())
	config := filepath.Join(dir, "conf")
	if err := os.WriteFile(config, fmt.Appendf(nil, nginxConfig, Loops, dir, site, victim, listen), 0o644); err != nil {
		t.Fatal(err)
	}
	var complaints bytes.Buffer
	cmd := exec.Command(require.Tool(t, "nginx"), "-p", dir, "-c", config, "-e", "stderr")
	cmd.Stderr = &complaints
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: unix.SIGTERM}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		cmd.Process.Signal(unix.SIGTERM)
		cmd.Wait()
		if t.Failed() && complaints.Len() > 0 {
			t.Logf("nginx: %s", complaints.String())
		}
	})
	Eventually(t, "nginx listens", func() bool {
		conn, err := net.Dial("tcp", listen.String())
		if err == nil {
			conn.Close()
		}
		return err == nil
	})
	return listen
}
