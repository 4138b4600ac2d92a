// Package wrk runs the load generator wrk with one thread on one core, and reads
// what it prints. It owns that text's meaning; the proxy and the server behind
// it are the caller's.
package wrk

import (
	"context"
	"fmt"
	"net/netip"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"time"

	"ktcpvs/tests/load/cpu"
)

// Missing says what is not installed; nil when it is there.
func Missing(path string) error {
	if _, err := exec.LookPath(path); err != nil {
		return fmt.Errorf("%s is missing: install Debian's package wrk, or -wrk PATH", path)
	}
	return nil
}

// Result is what one run of wrk saw.
type Result struct {
	Requests uint64
	Elapsed  time.Duration
	P50, P99 time.Duration
	CPU      time.Duration // processor time of wrk itself
}

// Run sends requests for the URL http://target/ with kept connections for a
// whole number of seconds. Any failed or refused request is an error.
func Run(ctx context.Context, path string, core int, target netip.AddrPort, connections, seconds int) (Result, error) {
	command := exec.CommandContext(ctx, path, "-t", "1", "-c", strconv.Itoa(connections), "-d", strconv.Itoa(seconds)+"s", "--latency", "http://"+target.String()+"/")
	var said strings.Builder
	command.Stdout, command.Stderr = &said, &said
	command.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
	err := cpu.Start(command, core)
	if err == nil {
		err = command.Wait()
	}
	if ctx.Err() != nil {
		return Result{}, ctx.Err()
	}
	if err != nil {
		return Result{}, fmt.Errorf("wrk: %w: %s", err, strings.TrimSpace(said.String()))
	}
	result, err := Parse(said.String())
	if err != nil {
		return Result{}, err
	}
	result.CPU = command.ProcessState.UserTime() + command.ProcessState.SystemTime()
	return result, nil
}

// Parse reads wrk's output with --latency. It returns an error that names the
// line that is missing or malformed, or the failures that wrk reports; the cost
// is linear in the text.
func Parse(text string) (Result, error) {
	var r Result
	for line := range strings.Lines(text) {
		var err error
		fields := strings.Fields(line)
		switch {
		case len(fields) == 2 && fields[0] == "50%":
			r.P50, err = time.ParseDuration(fields[1])
		case len(fields) == 2 && fields[0] == "99%":
			r.P99, err = time.ParseDuration(fields[1])
		case len(fields) >= 4 && fields[1] == "requests" && fields[2] == "in":
			r.Requests, err = strconv.ParseUint(fields[0], 10, 64)
			if err == nil {
				r.Elapsed, err = time.ParseDuration(strings.TrimSuffix(fields[3], ","))
			}
		case strings.Contains(line, "Socket errors:"), strings.Contains(line, "Non-2xx"):
			err = fmt.Errorf("requests failed")
		}
		if err != nil {
			return Result{}, fmt.Errorf("wrk's output, %q: %w", strings.TrimSpace(line), err)
		}
	}
	switch {
	case r.Requests == 0 || r.Elapsed <= 0:
		return Result{}, fmt.Errorf("wrk's output lacks a line with \"N requests in TIME\": %q", text)
	case r.P50 <= 0 || r.P99 <= 0:
		return Result{}, fmt.Errorf("wrk's output lacks the latency distribution: %q", text)
	}
	return r, nil
}
