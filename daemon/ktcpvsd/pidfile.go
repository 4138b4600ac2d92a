package main

import (
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strconv"
)

// pidFile is RUNDIR/ktcpvsd.pid. It appears when the daemon is ready, so that
// scripts can wait for it, and goes with the daemon.
type pidFile struct {
	path, prepared string
}

// writePID prepares the file, which shows that the directory can be written to
// before anything else is begun.
func writePID(dir string) (*pidFile, error) {
	p := &pidFile{path: filepath.Join(dir, "ktcpvsd.pid")}
	p.prepared = fmt.Sprintf("%s.%d", p.path, os.Getpid())
	if err := os.WriteFile(p.prepared, []byte(strconv.Itoa(os.Getpid())+"\n"), 0o644); err != nil {
		p.remove() // a full disk takes the name and not the number
		return nil, fmt.Errorf("cannot write to the run directory: %w; choose another with --run-dir", err)
	}
	return p, nil
}

func (p *pidFile) ready() error {
	if err := os.Rename(p.prepared, p.path); err != nil {
		return fmt.Errorf("cannot write to the run directory: %w", err)
	}
	p.prepared = ""
	return nil
}

// remove takes away what this process has written, never another daemon's.
func (p *pidFile) remove() {
	if p.prepared != "" {
		os.Remove(p.prepared)
		return
	}
	if text, err := os.ReadFile(p.path); err == nil && string(text) == strconv.Itoa(os.Getpid())+"\n" {
		os.Remove(p.path)
	}
}

// notify tells a service manager that asked for it (sd_notify(3)).
func notify(state string) {
	path := os.Getenv("NOTIFY_SOCKET")
	if path == "" {
		return
	}
	conn, err := net.DialUnix("unixgram", nil, &net.UnixAddr{Name: path, Net: "unixgram"})
	if err != nil {
		return
	}
	defer conn.Close()
	conn.Write([]byte(state))
}
