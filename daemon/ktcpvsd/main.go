// Command ktcpvsd is the daemon: it serves the KTCPVS netlink family, the
// sysctl files and the virtual services. This package reads the command line,
// wires the parts together in the order in which data flows, and takes them
// apart in reverse; it decides nothing else.
package main

import (
	"errors"
	"fmt"
	"os"
	"runtime"

	"github.com/urfave/cli/v2"

	"ktcpvs/daemon/klog"
	"ktcpvs/fuse/graft"
	"ktcpvs/proto"
)

// Exit statuses.
const (
	exitFailure = 1
	exitUsage   = 2
)

func main() {
	cli.VersionFlag = &cli.BoolFlag{Name: "version", Usage: "print the version"}
	app := &cli.App{
		Name:            "ktcpvsd",
		Usage:           "the TCP Virtual Server daemon: layer-7 load balancing",
		UsageText:       "ktcpvsd [OPTIONS]",
		Version:         proto.Version,
		HideHelpCommand: true,
		Flags:           flags(),
		Action:          run,
		OnUsageError: func(_ *cli.Context, err error, _ bool) error {
			return cli.Exit(fmt.Sprintf("ktcpvsd: %v; see ktcpvsd --help", err), exitUsage)
		},
		ExitErrHandler: func(*cli.Context, error) {},
	}
	err := app.Run(os.Args)
	if err == nil {
		return
	}
	fmt.Fprintln(os.Stderr, err)
	var coded cli.ExitCoder
	if errors.As(err, &coded) {
		os.Exit(coded.ExitCode())
	}
	os.Exit(exitFailure)
}

func flags() []cli.Flag {
	return []cli.Flag{
		&cli.UintFlag{Name: "nlport", Usage: "netlink port id to serve at", EnvVars: []string{proto.PortEnv}, Value: uint(proto.DefaultPort)},
		&cli.StringFlag{Name: "sysctl-dir", Usage: "where the sysctl files go: auto, PATH or none", Value: "auto"},
		&cli.BoolFlag{Name: "undo-graft", Usage: "take away what a killed daemon left at " + graft.Path + ", and exit"},
		&cli.StringFlag{Name: "poll", Usage: "the kernel's interface for sockets: auto, epoll or io_uring", Value: "auto"},
		&cli.IntFlag{Name: "loops", Usage: "event loops, each on a thread of its own", Value: runtime.NumCPU(), DefaultText: "number of CPUs"},
		&cli.StringFlag{Name: "log", Usage: "form of the log: text or json on standard error, or kmsg", Value: string(klog.Text)},
		&cli.IntFlag{Name: "drain", Usage: "seconds that open connections have to finish in after SIGTERM", Value: 30},
		&cli.StringFlag{Name: "sandbox", Usage: "what to give up once ready: full, capabilities (and filter no system calls) or none", Value: "full"},
		&cli.StringFlag{Name: "run-dir", Usage: "directory for what lives as long as the daemon", Value: "/run/ktcpvs"},
	}
}

// options is the command line, checked.
type options struct {
	nlport    uint32
	sysctlDir string
	poll      string
	loops     int
	format    klog.Format
	drain     int
	runDir    string
	sandbox   string
}

func parse(c *cli.Context) (o options, err error) {
	usage := func(format string, args ...any) error {
		return cli.Exit("ktcpvsd: "+fmt.Sprintf(format, args...), exitUsage)
	}
	if c.Args().Present() {
		return o, usage("%q is not an option; see ktcpvsd --help", c.Args().First())
	}
	o = options{
		nlport:    uint32(c.Uint("nlport")),
		sysctlDir: c.String("sysctl-dir"),
		poll:      c.String("poll"),
		loops:     c.Int("loops"),
		drain:     c.Int("drain"),
		runDir:    c.String("run-dir"),
		sandbox:   c.String("sandbox"),
	}
	switch {
	case uint(o.nlport) != c.Uint("nlport") || o.nlport == 0:
		return o, usage("--nlport=%d: expected 1 to %d", c.Uint("nlport"), ^uint32(0))
	case o.loops < 1 || o.loops > 256:
		return o, usage("--loops=%d: expected 1 to 256", o.loops)
	case o.drain < 0:
		return o, usage("--drain=%d: expected 0 or more seconds", o.drain)
	case pollers[o.poll] == nil:
		return o, usage("--poll=%s: expected auto, epoll or io_uring", o.poll)
	case o.sandbox != "full" && o.sandbox != "capabilities" && o.sandbox != "none":
		return o, usage("--sandbox=%s: expected full, capabilities or none", o.sandbox)
	}
	if o.format, err = klog.ParseFormat(c.String("log")); err != nil {
		return o, usage("--log: %v", err)
	}
	return o, nil
}

func run(c *cli.Context) error {
	o, err := parse(c)
	if err != nil {
		return err
	}
	if c.Bool("undo-graft") {
		found, err := graft.UndoStale()
		if err == nil && !found {
			fmt.Println("nothing of a killed daemon is at " + graft.Path)
		}
		return explain(err)
	}
	return explain(serve(o))
}

// explain gives an error the program's name.
func explain(err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("ktcpvsd: %w", err)
}
