package lab

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"ktcpvs/tests/require"
	"ktcpvs/tests/wait"
)

// Nginx is a real web server on a host, at port 80 of every address. It answers
// with the host's name and the URI, and serves the files that are put into
// its Dir below /files/.
type Nginx struct {
	Dir string // what lies below /files/

	host  *Host
	root  string
	cmd   *exec.Cmd
	ended chan struct{}
}

// Access is one request as nginx has logged it.
type Access struct {
	Connection int // serial number
	Request    int // on its connection, counted from 1
	Method     string
	URI        string
	Status     int
}

const nginxConfig = `
daemon off;
master_process off;
pid ROOT/pid;
error_log ROOT/error.log warn;
events { worker_connections 4096; }
http {
	log_format plain '$connection $connection_requests $request_method $request_uri $status';
	access_log ROOT/access.log plain;
	client_body_temp_path ROOT/body;
	proxy_temp_path ROOT/proxy;
	fastcgi_temp_path ROOT/fastcgi;
	uwsgi_temp_path ROOT/uwsgi;
	scgi_temp_path ROOT/scgi;
	keepalive_requests 1000000;
	keepalive_timeout 60s;
	server {
		listen 80 backlog=4096;
		listen [::]:80 backlog=4096;
		add_header X-Server NAME always;
		location / { return 200 "NAME $request_uri\n"; }
		location /empty { return 204; }
		location /login { add_header Set-Cookie "user=me; Path=/"; return 200 "NAME $request_uri\n"; }
		location /files/ { root ROOT; dav_methods PUT; client_max_body_size 0; }
	}
}
`

// StartNginx starts a web server and waits until it listens.
func (h *Host) StartNginx() *Nginx {
	h.t.Helper()
	root := h.t.TempDir()
	n := &Nginx{Dir: filepath.Join(root, "files"), host: h, root: root}
	if err := os.Mkdir(n.Dir, 0o755); err != nil {
		h.t.Fatal(err)
	}
	// Nothing of it is for others' eyes, so that it needs no other user.
	config := "user root;" + strings.NewReplacer("ROOT", root, "NAME", h.Name).Replace(nginxConfig)
	if err := os.WriteFile(filepath.Join(root, "conf"), []byte(config), 0o644); err != nil {
		h.t.Fatal(err)
	}
	h.t.Cleanup(func() {
		if n.cmd != nil {
			n.Stop(unix.SIGTERM)
		}
		if h.t.Failed() {
			complaints, _ := os.ReadFile(filepath.Join(root, "error.log"))
			h.t.Logf("nginx on %s:\n%s", h.Name, complaints)
		}
	})
	n.Start()
	return n
}

// Start starts it again after Stop.
func (n *Nginx) Start() {
	t := n.host.t
	t.Helper()
	n.cmd = n.host.Command(require.Tool(t, "nginx"), "-p", n.root, "-c", filepath.Join(n.root, "conf"), "-e", filepath.Join(n.root, "error.log"))
	log := &Log{}
	n.cmd.Stderr = log
	if err := n.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ended, cmd := make(chan struct{}), n.cmd
	n.ended = ended
	go func() {
		defer close(ended)
		cmd.Wait()
	}()
	Eventually(t, "nginx listens", func() bool {
		select {
		case <-ended:
			t.Fatalf("nginx on %s ended: %s", n.host.Name, log)
		default:
		}
		conn, err := n.host.Dial("127.0.0.1:80")
		if err == nil {
			conn.Close()
		}
		return err == nil
	})
}

// Stop ends it: SIGTERM at once, SIGQUIT when the open requests are answered.
func (n *Nginx) Stop(s unix.Signal) {
	n.cmd.Process.Signal(s)
	select {
	case <-n.ended:
	case <-time.After(patience):
		n.cmd.Process.Kill()
		<-n.ended
		n.host.t.Errorf("nginx on %s does not end", n.host.Name)
	}
	n.cmd = nil
}

// Log is what it has served.
func (n *Nginx) Log() []Access {
	n.host.t.Helper()
	text, err := os.ReadFile(filepath.Join(n.root, "access.log"))
	if err != nil {
		n.host.t.Fatal(err)
	}
	var log []Access
	for line := range strings.Lines(string(text)) {
		var a Access
		if _, err := fmt.Sscan(line, &a.Connection, &a.Request, &a.Method, &a.URI, &a.Status); err == nil {
			log = append(log, a)
		}
	}
	return log
}

// Served waits until it has served that many requests, which it logs a moment
// after it has answered, and gives the number of connections they came over.
func (n *Nginx) Served(requests int) (connections int) {
	n.host.t.Helper()
	var log []Access
	wait.UntilSays(n.host.t, fmt.Sprintf("%s has served %d requests", n.host.Name, requests), func() (string, bool) {
		log = n.Log()
		return fmt.Sprintf("%d", len(log)), len(log) >= requests
	})
	if len(log) != requests {
		n.host.t.Errorf("%s has served %d requests, want %d", n.host.Name, len(log), requests)
	}
	serials := map[int]bool{}
	for _, a := range log {
		serials[a.Connection] = true
	}
	return len(serials)
}

// Put makes a file of that size below /files/.
func (n *Nginx) Put(name string, size int64) {
	n.host.t.Helper()
	file, err := os.Create(filepath.Join(n.Dir, name))
	if err == nil {
		err = file.Truncate(size)
	}
	if err == nil {
		err = file.Close()
	}
	if err != nil {
		n.host.t.Fatal(err)
	}
}

// Web is where the balancer finds the web server of that name.
func (n *Network) Web(name string) string { return n.Addr(name).String() + ":" + strconv.Itoa(80) }
