// Command ktcpvs-bench compares ktcpvsd with haproxy and nginx, configured alike,
// on one core, under load from another. It parses flags, places itself, and
// writes the report; suites and figures are package suite's.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"time"

	"ktcpvs/tests/load/cpu"
	"ktcpvs/tests/load/suite"
)

// The proxies are told to end when the thread that started them ends, so that
// none is left behind; the main thread lasts longest.
func init() { runtime.LockOSThread() }

// Exit statuses.
const (
	done     = 0
	notTrue  = 1 // a claim does not hold, or a proxy failed
	unusable = 2 // flags, or something is missing
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP)
	defer stop()
	status, err := run(ctx, os.Args[1:], os.Stdout, os.Stderr)
	if err != nil && !errors.Is(err, flag.ErrHelp) {
		fmt.Fprintln(os.Stderr, "ktcpvs-bench:", err)
	}
	os.Exit(status)
}

func run(ctx context.Context, arguments []string, stdout, stderr io.Writer) (int, error) {
	o, err := parse(arguments, stderr)
	if errors.Is(err, flag.ErrHelp) {
		return done, err
	}
	if err != nil {
		return unusable, err
	}
	suites, err := o.scope.Named(o.suites)
	if err != nil {
		return unusable, err
	}
	if err := o.missing(suites); err != nil {
		return unusable, err
	}
	if err := o.place(); err != nil {
		return unusable, err
	}
	if o.nice != 0 {
		restore, err := cpu.Prioritise(o.nice)
		if err != nil {
			return unusable, err
		}
		defer func() {
			if err := restore(); err != nil {
				fmt.Fprintln(stderr, "ktcpvs-bench: nice value of the session:", err)
			}
		}()
	}
	bench := suite.Bench{
		ProxyCore: o.proxyCore, LoadCore: o.loadCore, Nice: o.nice, Contenders: o.contenders, Rounds: o.rounds,
		Window: suite.Window(suites, o.contenders, o.rounds, o.time), Nginx: o.nginx, Wrk: o.wrk, Progress: stderr,
	}
	limit := o.time*7/5 + 10*time.Second // starting and stopping the proxies too
	ctx, cancel := context.WithTimeoutCause(ctx, limit, fmt.Errorf("not done within %v", limit))
	defer cancel()
	report := suite.Report{Environment: bench.Describe()}
	var failure error
	report.Suites, failure = bench.Run(ctx, suites)
	report.Claims = report.Judge(o.ours)
	if err := o.write(&report, stdout); err != nil {
		return unusable, err
	}
	return verdict(&report, o.check, failure)
}

// verdict is the exit status: what failed always counts, claims on demand.
func verdict(report *suite.Report, check bool, failure error) (int, error) {
	if failure != nil {
		return notTrue, failure
	}
	if failed := report.Failed(); len(failed) > 0 {
		return notTrue, errors.New("some proxies failed:\n  " + strings.Join(failed, "\n  "))
	}
	if !check {
		return done, nil
	}
	var untrue []string
	for _, c := range report.Claims {
		if !c.Holds {
			untrue = append(untrue, c.Text+": "+c.Found)
		}
	}
	if len(untrue) > 0 {
		return notTrue, errors.New("claims that do not hold:\n  " + strings.Join(untrue, "\n  "))
	}
	return done, nil
}

// write prints the report and, with -out, keeps it as two files.
func (o *options) write(report *suite.Report, stdout io.Writer) error {
	text := report.Text()
	if _, err := io.WriteString(stdout, text); err != nil {
		return err
	}
	if o.out == "" {
		return nil
	}
	if err := os.MkdirAll(o.out, 0o755); err != nil {
		return err
	}
	encoded, err := report.JSON()
	if err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(o.out, "bench.json"), encoded, 0o644); err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(o.out, "bench.txt"), []byte(text), 0o644)
}

// place keeps this process on the load core, after both cores are known to be
// there.
func (o *options) place() error {
	cores, err := cpu.Allowed()
	if err != nil {
		return err
	}
	if len(cores) < 2 {
		return fmt.Errorf("this process may use %d core: expected 2, one for the proxies and one for the load", len(cores))
	}
	for _, core := range []*int{&o.proxyCore, &o.loadCore} {
		if *core < 0 {
			continue
		}
		found := false
		for _, c := range cores {
			found = found || c == *core
		}
		if !found {
			return fmt.Errorf("core %d: expected one of %v", *core, cores)
		}
	}
	if o.proxyCore < 0 {
		o.proxyCore = cores[0]
	}
	if o.loadCore < 0 {
		o.loadCore = cores[len(cores)-1]
	}
	if o.proxyCore == o.loadCore {
		return fmt.Errorf("-proxy-core and -load-core are both %d: expected two cores", o.loadCore)
	}
	runtime.GOMAXPROCS(2) // pinned to one core, but the loop must not hold the only P
	return cpu.PinProcess(o.loadCore)
}
