package proxy

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// Ktcpvs is our own daemon with one loop, loaded by tcpvsadm -f.
type Ktcpvs struct {
	Daemon, Admin string // paths of ktcpvsd and tcpvsadm
	Poll          string // the daemon's --poll: auto, epoll, io_uring
}

func (k Ktcpvs) Name() string {
	if k.Poll == "auto" {
		return "ktcpvs"
	}
	return "ktcpvs-" + k.Poll
}

func (k Ktcpvs) Missing() error {
	return errors.Join(findProgram(k.Daemon, "`make`, or -ktcpvsd PATH"), findProgram(k.Admin, "`make`, or -tcpvsadm PATH"))
}

func (k Ktcpvs) Version() string { return firstLine(k.Daemon, "--version") }

// nlport is the netlink port of the instance that listens at an address: as
// unlike any other's as the address is, and above every process id.
func nlport(listen netip.AddrPort) string {
	return strconv.Itoa(0x42000000 + int(listen.Port()))
}

func (k Ktcpvs) start(dir string, listen netip.AddrPort, s Setup) (*exec.Cmd, error) {
	if err := writeFile(filepath.Join(dir, "ktcpvs.conf"), k.config(listen, s)); err != nil {
		return nil, err
	}
	run := filepath.Join(dir, "run")
	return exec.Command(k.Daemon, "--nlport", nlport(listen), "--sysctl-dir", "none", "--loops", "1", "--run-dir", run, "--ephemeral", "--poll", k.Poll), os.Mkdir(run, 0o755)
}

// config is the configuration file. A new rule is tried before those that are
// there, so the last rule comes first in it.
func (Ktcpvs) config(listen netip.AddrPort, s Setup) []byte {
	var text bytes.Buffer
	fmt.Fprintf(&text, "virtual bench {\n    listen = %s\n    scheduler = phttp\n    maxclients = %d\n", listen, MaxClients)
	for _, server := range s.Servers {
		fmt.Fprintf(&text, "    server = %s 1\n", server)
	}
	fmt.Fprintf(&text, "    rule = pattern \".*\" use server %s\n", s.Servers[s.Default])
	for i := len(s.Rules) - 1; i >= 0; i-- {
		r := s.Rules[i]
		anchor := ""
		if r.Prefix {
			anchor = "^"
		}
		fmt.Fprintf(&text, "    rule = pattern \"%s%s\" use server %s\n", anchor, r.Pattern, s.Servers[r.Server])
	}
	text.WriteString("}\n")
	return text.Bytes()
}

// configure waits until the daemon answers, loads the file and starts the service.
func (k Ktcpvs) configure(ctx context.Context, dir string, listen netip.AddrPort, s Setup) error {
	tcpvsadm := func(arguments ...string) error {
		command := exec.CommandContext(ctx, k.Admin, arguments...)
		command.Env = append(os.Environ(), "KTCPVS_NLPORT="+nlport(listen))
		said, err := command.CombinedOutput()
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		if err != nil {
			return fmt.Errorf("tcpvsadm %s: %w: %s", strings.Join(arguments, " "), err, bytes.TrimSpace(said))
		}
		return nil
	}
	for deadline := time.Now().Add(startPatience); ; time.Sleep(20 * time.Millisecond) {
		err := tcpvsadm("-L", "-n")
		if err == nil {
			break
		}
		if ctx.Err() != nil || time.Now().After(deadline) {
			return err
		}
	}
	if s.Copy {
		if err := tcpvsadm("--knob", "zerocopy_send=0"); err != nil {
			return err
		}
	}
	if err := tcpvsadm("-f", filepath.Join(dir, "ktcpvs.conf")); err != nil {
		return err
	}
	return tcpvsadm("--start", "-i", "bench")
}
