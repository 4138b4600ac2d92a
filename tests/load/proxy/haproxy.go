package proxy

import (
	"bytes"
	"context"
	"fmt"
	"net/netip"
	"os/exec"
	"path/filepath"
)

// Haproxy is HAProxy with one thread.
type Haproxy struct{ Path string }

func (Haproxy) Name() string { return "haproxy" }

func (h Haproxy) Missing() error {
	return findProgram(h.Path, "Debian's package haproxy, or -haproxy PATH")
}

func (h Haproxy) Version() string { return firstLine(h.Path, "-v") }

func (h Haproxy) start(dir string, listen netip.AddrPort, s Setup) (*exec.Cmd, error) {
	file := filepath.Join(dir, "haproxy.cfg")
	if err := writeFile(file, h.config(listen, s)); err != nil {
		return nil, err
	}
	return exec.Command(h.Path, "-db", "-f", file), nil
}

func (Haproxy) configure(context.Context, string, netip.AddrPort, Setup) error { return nil } // its file says all

// config is the configuration file. Single quotes keep the backslashes of an
// expression as they are.
func (Haproxy) config(listen netip.AddrPort, s Setup) []byte {
	var text bytes.Buffer
	fmt.Fprintf(&text, `global
    nbthread 1
    maxconn %d

defaults
    mode http
    option http-keep-alive
    http-reuse always
    timeout connect 5s
    timeout client 60s
    timeout server 60s
`, MaxClients)
	if s.Bulk {
		text.WriteString("    option splice-auto\n")
	}
	fmt.Fprintf(&text, "\nfrontend bench\n    bind %s backlog 4096\n", listen)
	for _, r := range s.Rules {
		matcher := "path_reg"
		if r.Prefix {
			matcher = "path_beg"
		}
		fmt.Fprintf(&text, "    use_backend s%d if { %s '%s' }\n", r.Server, matcher, r.Pattern)
	}
	fmt.Fprintf(&text, "    default_backend s%d\n", s.Default)
	for i, server := range s.Servers {
		fmt.Fprintf(&text, "\nbackend s%d\n    server s%d %s\n", i, i, server)
	}
	return text.Bytes()
}
