// Command ktcpvsd is the daemon: it serves the KTCPVS netlink family, the
// sysctl files and the virtual services. This package reads the command line,
// wires the parts together in the order in which data flows, and takes them
// apart in reverse; it decides nothing else.
package main

import (
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"time"

	"github.com/urfave/cli/v2"

	"ktcpvs/daemon/klog"
	"ktcpvs/fuse/graft"
	"ktcpvs/proto"
	"ktcpvs/proto/release"
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
		Version:         release.Text(),
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
		&cli.StringFlag{Name: "nlport", Usage: "netlink port id to serve at", EnvVars: []string{proto.PortEnv}, Value: fmt.Sprint(proto.DefaultPort)},
		&cli.StringFlag{Name: "sysctl-dir", Usage: "where the sysctl files go: auto, PATH or none", Value: "auto"},
		&cli.BoolFlag{Name: "undo-graft", Usage: "take away what a killed daemon left at " + graft.Path + ", and exit"},
		&cli.StringFlag{Name: "poll", Usage: "the kernel's interface for sockets: auto, epoll or io_uring", Value: "auto"},
		&cli.StringFlag{Name: "loops", Usage: "event loops, each on a thread of its own", Value: fmt.Sprint(runtime.NumCPU()), DefaultText: "number of CPUs"},
		&cli.StringFlag{Name: "log", Usage: "form of the log: text or json on standard error, or kmsg", Value: string(klog.Text)},
		&cli.StringFlag{Name: "drain", Usage: "seconds that open connections have to finish in after SIGTERM", Value: "30"},
		&cli.StringFlag{Name: "sandbox", Usage: "what to give up once ready: full, capabilities (and filter no system calls) or none", Value: "full"},
		&cli.StringFlag{Name: "config", Usage: "configuration `FILE`: applied when it is another than last time, and at SIGHUP"},
		&cli.StringFlag{Name: "state-dir", Usage: "directory for what outlives the daemon: the table, and who changed it", EnvVars: []string{"KTCPVS_STATE_DIR", "STATE_DIRECTORY"}, Value: usualStateDir},
		&cli.BoolFlag{Name: "ephemeral", Usage: "keep nothing: the table ends with the daemon"},
		&cli.StringFlag{Name: "run-dir", Usage: "directory for what lives as long as the daemon", Value: "/run/ktcpvs"},
	}
}

// longestDrain is a year, in seconds.
const longestDrain = 365 * 24 * 60 * 60

// options is the command line, checked.
type options struct {
	nlport    uint32
	sysctlDir string
	poll      string
	loops     int
	format    klog.Format
	drain     time.Duration
	runDir    string
	sandbox   string
	config    string // "" is none
	stateDir  string // "" is none

	usualRunDir bool // nobody has asked for it
}

func parse(c *cli.Context) (o options, err error) {
	usage := func(format string, args ...any) error {
		return cli.Exit("ktcpvsd: "+fmt.Sprintf(format, args...), exitUsage)
	}
	if c.Args().Present() {
		return o, usage("%q is not an option; see ktcpvsd --help", c.Args().First())
	}
	o = options{
		sysctlDir: c.String("sysctl-dir"),
		poll:      c.String("poll"),
		runDir:    c.String("run-dir"),
		sandbox:   c.String("sandbox"),
		config:    c.String("config"),
		stateDir:  c.String("state-dir"),

		usualRunDir: !c.IsSet("run-dir"),
	}
	if !c.IsSet("state-dir") {
		o.stateDir = stateDirOf(namespaceName())
	}
	for _, n := range []struct {
		option, unit string
		least, most  uint64
		take         func(uint64)
	}{
		{"nlport", "", 1, math.MaxUint32, func(n uint64) { o.nlport = uint32(n) }},
		{"loops", "", 1, 256, func(n uint64) { o.loops = int(n) }},
		{"drain", " seconds", 0, longestDrain, func(n uint64) { o.drain = time.Duration(n) * time.Second }},
	} {
		// Decimal, or with the prefix of another base, as the knobs have it.
		value, err := strconv.ParseUint(c.String(n.option), 0, 64)
		if err != nil || value < n.least || value > n.most {
			return o, usage("--%s=%s: expected %d to %d%s", n.option, c.String(n.option), n.least, n.most, n.unit)
		}
		n.take(value)
	}
	ephemeral := c.Bool("ephemeral")
	switch {
	case !ephemeral && !filepath.IsAbs(o.stateDir):
		return o, usage("--state-dir=%s: expected an absolute path; --ephemeral keeps nothing", o.stateDir)
	case c.IsSet("config") && !filepath.IsAbs(o.config):
		return o, usage("--config=%s: expected an absolute path", o.config)
	case o.runDir == "":
		return o, usage("--run-dir=: expected a directory")
	case pollers[o.poll] == nil:
		return o, usage("--poll=%s: expected auto, epoll or io_uring", o.poll)
	case o.sandbox != "full" && o.sandbox != "capabilities" && o.sandbox != "none":
		return o, usage("--sandbox=%s: expected full, capabilities or none", o.sandbox)
	case o.sysctlDir != "auto" && o.sysctlDir != "none" && !filepath.IsAbs(o.sysctlDir):
		return o, usage(`--sysctl-dir=%s: expected "auto", "none" or an absolute path`, o.sysctlDir)
	}
	if ephemeral {
		o.stateDir = ""
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
