package differential

import (
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"ktcpvs/tests/netns/lab"
	"ktcpvs/tests/require"
	"ktcpvs/tests/wait"
)

// proxy is one running proxy: at base+i it listens for what goes to door i.
type proxy struct {
	name  string
	base  int
	doors []*Door
}

func (p *proxy) addr(i int) string { return fmt.Sprintf("127.0.0.1:%d", p.base+i) }

// startProxies starts the three, each with so many addresses, and a door
// behind each. Ours comes first.
func startProxies(t *testing.T, host *lab.Host, addresses int) []*proxy {
	t.Helper()
	haproxy, nginx := require.Tool(t, "haproxy"), require.Tool(t, "nginx")
	recorder, err := NewRecorder()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(recorder.Close)
	list := []*proxy{{name: "ktcpvs", base: 10000}, {name: "haproxy", base: 11000}, {name: "nginx", base: 12000}}
	for _, p := range list {
		for range addresses {
			var d *Door
			err := host.Within(func() (err error) {
				d, err = recorder.Open()
				return err
			})
			if err != nil {
				t.Fatal(err)
			}
			p.doors = append(p.doors, d)
		}
	}
	host.StartDaemon("--loops=2", "--sysctl-dir=none")
	operator := host.Operator()
	operator.Load(list[0].ktcpvsConfig())
	operator.Does("--start")
	dir := t.TempDir()
	startPeer(t, host, host.Command(haproxy, "-db", "-f", writeConfig(t, dir, "haproxy.cfg", list[1].haproxyConfig())), list[1])
	startPeer(t, host, host.Command(nginx, "-p", dir, "-e", filepath.Join(dir, "error.log"), "-c", writeConfig(t, dir, "nginx.conf", list[2].nginxConfig(dir))), list[2])
	return list
}

func writeConfig(t *testing.T, dir, name, text string) string {
	t.Helper()
	path := filepath.Join(dir, name)
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	return path
}

// startPeer starts another proxy, and ends it with the test.
func startPeer(t *testing.T, host *lab.Host, command *exec.Cmd, p *proxy) {
	t.Helper()
	log := &lab.Log{}
	command.Stdout, command.Stderr = log, log
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		command.Process.Signal(unix.SIGTERM)
		late := time.AfterFunc(wait.Limit, func() { command.Process.Kill() })
		command.Wait()
		late.Stop()
	})
	lab.Eventually(t, p.name+" listens", func() bool {
		conn, err := host.Dial(p.addr(len(p.doors) - 1))
		if err != nil {
			return false
		}
		conn.Close()
		return true
	})
}

func (p *proxy) ktcpvsConfig() string {
	var b strings.Builder
	for i, d := range p.doors {
		server := fmt.Sprintf("127.0.0.1:%d", d.Port)
		fmt.Fprintf(&b, "virtual s%d {\n listen = %s\n scheduler = phttp\n server = %s 1\n rule = pattern \".*\" use server %s\n}\n", i, p.addr(i), server, server)
	}
	return b.String()
}

// haproxyConfig is haproxy as it is by default, with connections kept.
func (p *proxy) haproxyConfig() string {
	var b strings.Builder
	b.WriteString("global\n nbthread 1\n maxconn 1000\ndefaults\n mode http\n http-reuse always\n timeout connect 5s\n timeout client 10s\n timeout server 10s\n timeout http-request 5s\n")
	for i, d := range p.doors {
		fmt.Fprintf(&b, "listen s%d\n bind %s\n server s 127.0.0.1:%d\n", i, p.addr(i), d.Port)
	}
	return b.String()
}

// nginxConfig is nginx with connections kept, the client's Host passed on, and
// no second tries. A client that has said all is not one that has gone.
func (p *proxy) nginxConfig(dir string) string {
	var b strings.Builder
	fmt.Fprintf(&b, `daemon off; master_process off; user root; pid %[1]s/pid;
events { worker_connections 2000; }
http {
 access_log off; proxy_http_version 1.1; proxy_set_header Connection ""; proxy_set_header Host $host;
 proxy_ignore_client_abort on; proxy_next_upstream off; client_max_body_size 0; client_header_timeout 5s;
 keepalive_requests 1000000; client_body_temp_path %[1]s/1; proxy_temp_path %[1]s/2; fastcgi_temp_path %[1]s/3; uwsgi_temp_path %[1]s/4; scgi_temp_path %[1]s/5;
`, dir)
	for i, d := range p.doors {
		fmt.Fprintf(&b, " upstream u%d { server 127.0.0.1:%d; keepalive 16; keepalive_requests 1000000; }\n", i, d.Port)
		fmt.Fprintf(&b, " server { listen %s; server_name x; location / { proxy_pass http://u%d; } }\n", p.addr(i), i)
	}
	b.WriteString("}\n")
	return b.String()
}

// outcome is what one proxy made of a case.
type outcome struct {
	got     Received
	answers string
	failure error // of reading the answers
}

// patience is how long a proxy has for a case, whose client has said that it
// will say no more.
const patience = time.Minute

// send sends a case to address i of the proxy.
func (p *proxy) send(host *lab.Host, i int, c *Case) (o outcome) {
	conn, err := host.Dial(p.addr(i))
	if err != nil {
		o.failure = err
		return o
	}
	defer conn.Close()
	conn.SetDeadline(time.Now().Add(patience))
	for n, piece := range c.pieces() {
		if n > 0 {
			wait.Gap(50 * time.Microsecond) // so that it may be read by itself
		}
		if _, err := conn.Write([]byte(piece)); err != nil {
			break // the rest was not wanted; the answers say more
		}
	}
	conn.(*net.TCPConn).CloseWrite()
	o.answers, o.failure = readAll(conn)
	o.got = p.doors[i].Take()
	return o
}

func readAll(conn net.Conn) (string, error) {
	var b strings.Builder
	buf := make([]byte, 16<<10)
	for {
		n, err := conn.Read(buf)
		b.Write(buf[:n])
		switch {
		case err == nil:
		case err.Error() == "EOF":
			return b.String(), nil
		default:
			return b.String(), err
		}
	}
}

// String is what came of the case, in a few words.
func (o *outcome) String() string {
	var b strings.Builder
	for i := range o.got.Messages {
		fmt.Fprintf(&b, "forwarded %s; ", &o.got.Messages[i])
	}
	for i := range o.got.Parts {
		fmt.Fprintf(&b, "forwarded in part %s; ", &o.got.Parts[i])
	}
	for _, m := range o.got.Malformed {
		fmt.Fprintf(&b, "forwarded malformed %s; ", m)
	}
	fmt.Fprintf(&b, "answered %q", firstLines(o.answers))
	if o.failure != nil {
		fmt.Fprintf(&b, ", then %v", o.failure)
	}
	return b.String()
}

// firstLines are the status lines among the answers.
func firstLines(answers string) []string {
	var list []string
	for line := range strings.SplitSeq(answers, "\r\n") {
		if i := strings.Index(line, "HTTP/1."); i >= 0 {
			list = append(list, line[i:])
		}
	}
	return list
}
