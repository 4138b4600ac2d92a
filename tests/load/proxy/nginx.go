package proxy

import (
	"bytes"
	"context"
	"fmt"
	"net/netip"
	"os/exec"
	"path/filepath"
	"strings"
)

// Nginx is nginx with one worker; its master process only waits.
type Nginx struct{ Path string }

func (Nginx) Name() string { return "nginx" }

func (n Nginx) Missing() error {
	return findProgram(n.Path, "Debian's package nginx, or -nginx PATH")
}

func (n Nginx) Version() string { return firstLine(n.Path, "-v") }

func (n Nginx) start(dir string, listen netip.AddrPort, s Setup) (*exec.Cmd, error) {
	return n.command(dir, n.config(dir, listen, s))
}

func (n Nginx) command(dir string, config []byte) (*exec.Cmd, error) {
	file := filepath.Join(dir, "nginx.conf")
	if err := writeFile(file, config); err != nil {
		return nil, err
	}
	return exec.Command(n.Path, "-p", dir, "-e", filepath.Join(dir, "error.log"), "-c", file), nil
}

func (Nginx) configure(context.Context, string, netip.AddrPort, Setup) error { return nil } // its file says all

// config is the configuration file. A prefix becomes a ^~ location, which ends
// the search; an expression becomes a regex location, tried in file order.
func (n Nginx) config(dir string, listen netip.AddrPort, s Setup) []byte {
	var text bytes.Buffer
	n.begin(&text, dir)
	text.WriteString(`    proxy_http_version 1.1;
    proxy_set_header Connection "";
    proxy_set_header Host $http_host;
`)
	if s.Bulk {
		text.WriteString(`    proxy_buffer_size 64k;
    proxy_buffers 16 64k;
    proxy_busy_buffers_size 512k;
    proxy_max_temp_file_size 0;
`)
	}
	for i, server := range s.Servers {
		fmt.Fprintf(&text, "    upstream s%d { server %s; keepalive 1024; keepalive_requests 1000000000; }\n", i, server)
	}
	fmt.Fprintf(&text, "    server {\n        listen %s backlog=4096;\n", listen)
	for _, r := range s.Rules {
		modifier := "~"
		if r.Prefix {
			modifier = "^~"
		}
		fmt.Fprintf(&text, "        location %s \"%s\" { proxy_pass http://s%d; }\n", modifier, r.Pattern, r.Server)
	}
	fmt.Fprintf(&text, "        location / { proxy_pass http://s%d; }\n    }\n}\n", s.Default)
	return text.Bytes()
}

// begin writes what a proxy and a plain server have in common, to the inside of
// the http block.
func (Nginx) begin(text *bytes.Buffer, dir string) {
	fmt.Fprintf(text, `daemon off;
user root;
worker_processes 1;
pid %s/nginx.pid;
pcre_jit on;
worker_rlimit_nofile %d;
events { worker_connections %d; }
http {
    access_log off;
    keepalive_timeout 60s;
    keepalive_requests 1000000000;
`, dir, 4*MaxClients, 4*MaxClients)
	for _, use := range []string{"client_body", "proxy", "fastcgi", "uwsgi", "scgi"} {
		fmt.Fprintf(text, "    %s_temp_path %s/%s;\n", use, dir, use)
	}
}

// NginxServer is nginx as the server behind the proxies, for load generators
// that bring none of their own. It answers everything with a body of BodySize bytes.
type NginxServer struct {
	Nginx
	BodySize int
}

func (NginxServer) Name() string { return "nginx-server" }

func (n NginxServer) start(dir string, listen netip.AddrPort, _ Setup) (*exec.Cmd, error) {
	var text bytes.Buffer
	n.begin(&text, dir)
	fmt.Fprintf(&text, "    server {\n        listen %s backlog=4096;\n        location / { return 200 \"%s\"; }\n    }\n}\n", listen, strings.Repeat(".", n.BodySize))
	return n.command(dir, text.Bytes())
}
