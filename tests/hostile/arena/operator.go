package arena

import (
	"bytes"
	"fmt"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"ktcpvs/tests/wait"
)

// Admin calls tcpvsadm, which must succeed and say nothing on standard error,
// and gives what it printed.
func (d *Daemon) Admin(args ...string) string {
	d.t.Helper()
	cmd := exec.Command(Binary("tcpvsadm"), args...)
	cmd.Env = append(d.env, "KTCPVS_NLPORT="+d.port)
	cmd.WaitDelay = wait.Limit
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	if err := cmd.Run(); err != nil || stderr.Len() > 0 {
		d.t.Fatalf("tcpvsadm %q: %v, %s", args, err, &stderr)
	}
	return stdout.String()
}

// NetlinkPort is where the daemon answers.
func (d *Daemon) NetlinkPort() uint32 {
	n, err := strconv.ParseUint(d.port, 10, 32)
	if err != nil {
		d.t.Fatal(err)
	}
	return uint32(n)
}

// Knobs sets knobs, each a NAME=VALUE.
func (d *Daemon) Knobs(settings ...string) {
	d.t.Helper()
	for _, setting := range settings {
		d.Admin("--knob", setting)
	}
}

// Service is a virtual service, and what a test says of it.
type Service struct {
	Name       string         // by default web
	Listen     netip.AddrPort // by default at a free port of 127.0.0.1
	Scheduler  string         // by default phttp
	MaxClients int            // by default as many as there can be
	Servers    []netip.AddrPort
	Rules      []string // as the configuration has them; the last comes first. By default every server has all, and wlc none
}

// Serve makes the service the table's only one, starts it, and gives where it
// listens.
func (d *Daemon) Serve(s Service) netip.AddrPort {
	d.t.Helper()
	return d.ServeAll(s)[0]
}

// ServeAll makes the services all that the table has, starts them, and gives
// where each listens.
func (d *Daemon) ServeAll(services ...Service) (listen []netip.AddrPort) {
	d.t.Helper()
	var configuration strings.Builder
	for _, s := range services {
		if !s.Listen.IsValid() {
			s.Listen = FreePort(d.t, netip.MustParseAddr("127.0.0.1"))
		}
		if s.Scheduler == "" {
			s.Scheduler = "phttp"
		}
		if s.MaxClients == 0 {
			s.MaxClients = 65535
		}
		configuration.WriteString(s.Configuration())
		listen = append(listen, s.Listen)
	}
	d.Load(configuration.String())
	d.Admin("--start")
	return listen
}

// Load makes the table what a configuration says.
func (d *Daemon) Load(configuration string) {
	d.t.Helper()
	path := filepath.Join(d.dir, "ktcpvs.conf")
	if err := os.WriteFile(path, []byte(configuration), 0o644); err != nil {
		d.t.Fatal(err)
	}
	d.Admin("-f", path)
}

// Configuration is the service as a configuration file has it.
func (s Service) Configuration() string {
	var b strings.Builder
	if s.Name == "" {
		s.Name = "web"
	}
	fmt.Fprintf(&b, "virtual %s {\n    listen = %v\n    scheduler = %s\n    maxclients = %d\n", s.Name, s.Listen, s.Scheduler, s.MaxClients)
	for _, server := range s.Servers {
		fmt.Fprintf(&b, "    server = %v 1\n", server)
	}
	rules := s.Rules
	if len(rules) == 0 && s.Scheduler != "wlc" {
		for _, server := range s.Servers {
			rules = append(rules, fmt.Sprintf("pattern .* use server %v", server))
		}
	}
	for _, rule := range rules {
		fmt.Fprintf(&b, "    rule = %s\n", rule)
	}
	b.WriteString("}\n")
	return b.String()
}

// FreePort is a port of the address where nobody listens.
func FreePort(t testing.TB, addr netip.Addr) netip.AddrPort {
	t.Helper()
	l, err := net.Listen("tcp", netip.AddrPortFrom(addr, 0).String())
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr).AddrPort()
}
