package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"

	"ktcpvs/tests/load/generator"
	"ktcpvs/tests/load/proxy"
	"ktcpvs/tests/load/suite"
	"ktcpvs/tests/load/wrk"
)

// options are the flags, parsed.
type options struct {
	suites     []string
	scope      suite.Scope
	contenders []suite.Contender
	ours       []string // names of contenders that are our own
	rounds     int
	time       time.Duration
	check      bool
	out        string

	proxyCore, loadCore int // -1: pick
	nice                int
	nginx, wrk          string
}

// list is a flag of names or numbers with commas between them.
func list[T any](into *[]T, parse func(string) (T, error)) func(string) error {
	return func(text string) error {
		var values []T
		for _, part := range strings.Split(text, ",") {
			value, err := parse(strings.TrimSpace(part))
			if err != nil {
				return err
			}
			values = append(values, value)
		}
		*into = values
		return nil
	}
}

func positive(text string) (int, error) {
	n, err := strconv.Atoi(text)
	if err != nil || n < 1 {
		return 0, fmt.Errorf("%q: expected a number of at least 1", text)
	}
	return n, nil
}

func name(text string) (string, error) { return text, nil }

// parse reads the command line.
func parse(arguments []string, stderr io.Writer) (*options, error) {
	o := &options{}
	var names, proxies []string
	var connections, rules, sizes []int
	var quick bool
	var haproxy, ktcpvsd, tcpvsadm string
	var body int
	var rate float64
	flags := flag.NewFlagSet("ktcpvs-bench", flag.ContinueOnError)
	flags.SetOutput(stderr)
	flags.Func("suites", "what to measure, with commas: "+strings.Join(suite.Names, ",")+" (default all; with -check keepalive)", list(&names, name))
	flags.Func("proxies", "who takes part, with commas: haproxy, nginx, ktcpvs, ktcpvs-epoll, ktcpvs-io_uring, or none: clients straight to the servers (default haproxy,nginx,ktcpvs)", list(&proxies, name))
	flags.Func("connections", "numbers of connections of the suite keepalive (default 1,16,64,256)", list(&connections, positive))
	flags.Func("rules", "numbers of rules of the suites rules and rules-mix (default 1,10,100,1000,10000 and 10,1000,10000)", list(&rules, positive))
	flags.Func("sizes", "body sizes of the suite bulk, in bytes (default 65536,1048576,16777216)", list(&sizes, positive))
	flags.IntVar(&body, "body", 0, "body size of the other suites, in bytes (default 90)")
	flags.Float64Var(&rate, "rate", 0, "requests per second of the suite rate (default 20000)")
	flags.BoolVar(&quick, "quick", false, "fewer cases, within 40 seconds")
	flags.BoolVar(&o.check, "check", false, "exit with status 1 if a claim does not hold")
	flags.DurationVar(&o.time, "time", 0, "time for all measurements together; starting and stopping proxies comes on top (default 2m50s, with -quick 22s, with -check alone 40s)")
	flags.IntVar(&o.rounds, "rounds", 3, "turns of each proxy in each case")
	flags.StringVar(&o.out, "out", "", "directory for bench.json and bench.txt (default: only print)")
	flags.IntVar(&o.proxyCore, "proxy-core", -1, "core for the proxies (default: the first)")
	flags.IntVar(&o.loadCore, "load-core", -1, "core for the load and the servers (default: the last)")
	flags.IntVar(&o.nice, "nice", 0, "nice value of the proxies and the load, -20 to 19; a low one keeps other work on the machine out of the figures")
	flags.StringVar(&ktcpvsd, "ktcpvsd", "bin/ktcpvsd", "path of ktcpvsd")
	flags.StringVar(&tcpvsadm, "tcpvsadm", "bin/tcpvsadm", "path of tcpvsadm")
	flags.StringVar(&haproxy, "haproxy", "haproxy", "path of haproxy")
	flags.StringVar(&o.nginx, "nginx", "nginx", "path of nginx")
	flags.StringVar(&o.wrk, "wrk", "wrk", "path of wrk")
	if err := flags.Parse(arguments); err != nil {
		return nil, err
	}
	if flags.NArg() > 0 {
		return nil, fmt.Errorf("argument %q: expected only flags", flags.Arg(0))
	}
	if o.rounds < 1 {
		return nil, fmt.Errorf("-rounds %d: expected at least 1", o.rounds)
	}
	if o.time < 0 || rate < 0 || body < 0 {
		return nil, errors.New("-time, -rate and -body: expected no negative value")
	}
	if body > 0 && body < generator.MinBody {
		return nil, fmt.Errorf("-body %d: expected at least %d", body, generator.MinBody)
	}
	for _, n := range connections {
		if n > proxy.MaxClients {
			return nil, fmt.Errorf("-connections %d: expected at most %d", n, proxy.MaxClients)
		}
	}
	for _, size := range sizes {
		if size < generator.MinBody {
			return nil, fmt.Errorf("-sizes %d: expected at least %d", size, generator.MinBody)
		}
	}
	if o.nice < -20 || o.nice > 19 {
		return nil, fmt.Errorf("-nice %d: expected -20 to 19", o.nice)
	}
	o.defaults(&names, &proxies, quick)
	o.suites = names
	override(&o.scope.Connections, connections)
	override(&o.scope.Rules, rules)
	override(&o.scope.MixedRules, rules)
	override(&o.scope.BulkSizes, sizes)
	if body > 0 {
		o.scope.BodySize = body
	}
	if rate > 0 {
		o.scope.Rate = rate
	}
	programs := map[string]proxy.Program{"haproxy": proxy.Haproxy{Path: haproxy}, "nginx": proxy.Nginx{Path: o.nginx}}
	for _, poll := range []string{"auto", "epoll", "io_uring"} {
		ours := proxy.Ktcpvs{Daemon: ktcpvsd, Admin: tcpvsadm, Poll: poll}
		programs[ours.Name()] = ours
	}
	return o, o.enter(proxies, programs)
}

// defaults are what depends on -quick and -check.
func (o *options) defaults(names, proxies *[]string, quick bool) {
	o.scope = suite.Full()
	budget := 170 * time.Second
	if o.check && *names == nil {
		*names = []string{"keepalive"}
		budget = 40 * time.Second
	}
	if quick {
		o.scope = suite.Quick()
		budget = 22 * time.Second
		if *names == nil {
			*names = []string{"keepalive", "new", "bulk", "rules", "rules-mix"}
		}
		if o.check {
			o.scope.Connections = []int{16, 64, 256}
		}
	}
	override(names, suite.Names, *names)
	if *proxies == nil {
		*proxies = []string{"haproxy", "nginx", "ktcpvs"}
	}
	if o.time == 0 {
		o.time = budget
	}
}

// override replaces a list by the last of those that were given.
func override[T any](into *[]T, given ...[]T) {
	for _, values := range given {
		if values != nil {
			*into = values
		}
	}
}

// enter names the contenders.
func (o *options) enter(proxies []string, programs map[string]proxy.Program) error {
	for i, name := range proxies {
		if slices.Contains(proxies[:i], name) {
			return fmt.Errorf("-proxies: %q is there twice", name)
		}
		if name == "none" {
			o.contenders = append(o.contenders, suite.Contender{Name: "none"})
			continue
		}
		program, ok := programs[name]
		if !ok {
			return fmt.Errorf("-proxies: %q: expected haproxy, nginx, ktcpvs, ktcpvs-epoll, ktcpvs-io_uring or none", name)
		}
		_, ours := program.(proxy.Ktcpvs)
		if ours {
			o.ours = append(o.ours, name)
		}
		o.contenders = append(o.contenders, suite.Contender{Name: name, Program: program, Peer: !ours})
	}
	if o.check && len(o.ours) == 0 {
		return errors.New("-check: expected ktcpvs among -proxies")
	}
	return nil
}

// missing says everything that is not installed and would be needed.
func (o *options) missing(suites []suite.Suite) error {
	var all []error
	for _, c := range o.contenders {
		if c.Program != nil {
			all = append(all, c.Program.Missing())
		}
	}
	for _, s := range suites {
		if s.Name == "wrk" {
			all = append(all, wrk.Missing(o.wrk), proxy.Nginx{Path: o.nginx}.Missing())
		}
	}
	return errors.Join(all...)
}
