package main

import (
	"slices"
	"strconv"

	"github.com/urfave/cli/v2"

	"ktcpvs/proto"
)

// Long names of the options.
const (
	optionIdent       = "ident"
	optionScheduler   = "scheduler"
	optionPort        = "port"
	optionListen      = "listen"
	optionVia         = "via"
	optionAllowLoop   = "allow-loop"
	optionFreebind    = "freebind"
	optionV6Only      = "v6only"
	optionServer      = "real-server"
	optionWeight      = "weight"
	optionPattern     = "pattern"
	optionPath        = "path"
	optionPrefix      = "prefix"
	optionIgnoreCase  = "ignore-case"
	optionMatch       = "match"
	optionHost        = "host"
	optionMethod      = "method"
	optionHeader      = "header"
	optionCookie      = "cookie"
	optionQuery       = "query"
	optionSource      = "source"
	optionNumeric     = "numeric"
	optionStats       = "stats"
	optionExact       = "exact"
	optionRules       = "rules"
	optionAt          = "at"
	optionNumber      = "number"
	optionWithRules   = "with-rules"
	optionIfNeeded    = "if-needed"
	optionCheck       = "check"
	optionResolve     = "resolve"
	optionDiff        = "diff"
	optionStart       = "start"
	optionLast        = "last"
	optionStrict      = "strict"
	optionNetlinkPort = "nlport"
	optionDaemonUser  = "daemon-uid"
)

// condition is the category of the options that a rule needs one of.
const condition = "condition"

// The options, as flags of the commands that take them. A value's name stands
// in backquotes in its usage.

func required(f *cli.StringFlag) *cli.StringFlag {
	f.Required = true
	return f
}

func identFlag() *cli.StringFlag {
	return &cli.StringFlag{Name: optionIdent, Aliases: []string{"i"}, Usage: "virtual service's `NAME`"}
}

func serverFlag() *cli.StringFlag {
	return &cli.StringFlag{Name: optionServer, Aliases: []string{"r"},
		Usage: "real server's `HOST[:PORT]`; without a port, the service's own"}
}

func weightFlag() *cli.StringFlag {
	return &cli.StringFlag{Name: optionWeight, Aliases: []string{"w"}, Value: "1",
		Usage: "`WEIGHT` from 0 to 65535; 0 takes nothing new"}
}

// settingFlags are those of a virtual service.
func settingFlags() []cli.Flag {
	return append([]cli.Flag{schedulerFlag(), portFlag(), listenFlag(), viaFlag(), allowLoopFlag(), freebindFlag(), v6OnlyFlag()}, numberFlags()...)
}

func schedulerFlag() *cli.StringFlag {
	return &cli.StringFlag{Name: optionScheduler, Aliases: []string{"s"},
		Usage: "`SCHEDULER`: wlc, http, phttp, chttp or hhttp (for a new service: http)"}
}

func portFlag() *cli.StringFlag {
	return &cli.StringFlag{Name: optionPort, Aliases: []string{"P"},
		Usage: "`PORT` to listen at, from 1 to 65534 (for a new service: 8080)"}
}

func listenFlag() *cli.StringSliceFlag {
	return &cli.StringSliceFlag{Name: optionListen, Aliases: []string{"l"},
		Usage: "`HOST[:PORT]` to listen at (for a new service: 0.0.0.0:8080); may be given repeatedly"}
}

func viaFlag() *cli.StringFlag {
	return &cli.StringFlag{Name: optionVia,
		Usage: "`VIA` of requests: on, off or a pseudonym (for a new service: on)"}
}

func allowLoopFlag() *cli.StringFlag {
	return &cli.StringFlag{Name: optionAllowLoop,
		Usage: "`SWITCH`: on lets a real server be a service of this daemon that no Via leads through (for a new service: off)"}
}

func freebindFlag() *cli.StringFlag {
	return &cli.StringFlag{Name: optionFreebind,
		Usage: "`SWITCH`: on lets the service listen at an address that this machine does not have yet (for a new service: off)"}
}

func v6OnlyFlag() *cli.StringFlag {
	return &cli.StringFlag{Name: optionV6Only,
		Usage: "`SWITCH`: on leaves IPv4 alone where the service listens at [::] (for a new service: off)"}
}

// conditionFlags are what a rule may ask of a request.
func conditionFlags() []cli.Flag {
	text := func(name, usage string, aliases ...string) cli.Flag {
		return &cli.StringFlag{Name: name, Aliases: aliases, Usage: usage, Category: condition}
	}
	list := func(name, usage string) cli.Flag {
		return &cli.StringSliceFlag{Name: name, Usage: usage + "; may be given repeatedly", Category: condition}
	}
	return []cli.Flag{
		text(optionPattern, "extended regular `EXPRESSION` found in the URI, query and all", "p"),
		text(optionPath, "extended regular `EXPRESSION` found in the path, which ends before the query"),
		text(optionPrefix, "`TEXT` that the path begins with, byte by byte"),
		text(optionHost, "extended regular `EXPRESSION` found in the host that is asked for"),
		text(optionMethod, "`METHOD` of the request"),
		list(optionHeader, "header `NAME[:EXPRESSION]`"),
		list(optionCookie, "cookie `NAME[=EXPRESSION]`"),
		list(optionQuery, "query parameter `NAME[=EXPRESSION]`"),
		text(optionSource, "client's `ADDRESS[/LENGTH]`"),
	}
}

// ignoreCaseFlag is of the condition on the URI.
func ignoreCaseFlag() *cli.BoolFlag {
	return &cli.BoolFlag{Name: optionIgnoreCase, Usage: "with -p, --path or --prefix: find it whatever its case"}
}

func isCondition(f cli.Flag) bool {
	c, ok := f.(cli.CategorizableFlag)
	return ok && c.GetCategory() == condition
}

// ruleFlags name a rule and one of its servers.
func ruleFlags() []cli.Flag {
	flags := append([]cli.Flag{required(identFlag())}, conditionFlags()...)
	return append(flags, ignoreCaseFlag(), required(serverFlag()))
}

func matchFlag() *cli.StringFlag {
	return &cli.StringFlag{Name: optionMatch, Aliases: []string{"m"}, Value: "0",
		Usage: "capture `GROUP` from 0 to 10 that hhttp hashes"}
}

func atFlag() *cli.StringFlag {
	return &cli.StringFlag{Name: optionAt, Usage: "`NUMBER` of a new rule; 1 is tried first"}
}

// numberFlag stands for the conditions of a rule.
func numberFlag() *cli.StringFlag {
	return &cli.StringFlag{Name: optionNumber, Usage: "`NUMBER` of the rule, as --list --rules has it", Category: condition}
}

func withRulesFlag() *cli.BoolFlag {
	return &cli.BoolFlag{Name: optionWithRules, Usage: "take it out of the rules that use it, too"}
}

func numericFlag() *cli.BoolFlag {
	return &cli.BoolFlag{Name: optionNumeric, Aliases: []string{"n"}, Usage: "print addresses and ports as numbers"}
}

func ifNeededFlag() *cli.BoolFlag {
	return &cli.BoolFlag{Name: optionIfNeeded, Usage: "succeed when it is so already"}
}

// configurationFlags say what is done with a configuration.
func configurationFlags() []cli.Flag {
	return []cli.Flag{
		&cli.BoolFlag{Name: optionCheck, Usage: "only tell what is wrong with it; no daemon is needed"},
		&cli.BoolFlag{Name: optionResolve, Usage: "with --check: look names up, too"},
		&cli.BoolFlag{Name: optionDiff, Usage: "only print what it would change; exit status 1 if anything"},
		&cli.BoolFlag{Name: optionStart, Usage: "start what is new, unless its state is given"},
		strictFlag(),
	}
}

func lastFlag() *cli.StringFlag {
	return &cli.StringFlag{Name: optionLast, Aliases: []string{"n"}, Value: strconv.Itoa(entriesShown),
		Usage: "print the last `NUMBER` of changes"}
}

func strictFlag() *cli.BoolFlag {
	return &cli.BoolFlag{Name: optionStrict, Usage: "refuse what there is a warning of"}
}

func netlinkPortFlag() *cli.StringFlag {
	return &cli.StringFlag{Name: optionNetlinkPort, EnvVars: []string{proto.PortEnv},
		Usage: "netlink `PORT` id of the daemon"}
}

func daemonUserFlag() *cli.StringFlag {
	return &cli.StringFlag{Name: optionDaemonUser, EnvVars: []string{proto.UserEnv},
		Usage: "`UID` whose process the daemon is, if neither root nor the caller"}
}

// spelling shows an option or command by its names: --weight (-w).
func spelling(names []string) string {
	text := "--" + names[0]
	if i := slices.IndexFunc(names, isShort); i >= 0 {
		text += " (-" + names[i] + ")"
	}
	return text
}

func isShort(name string) bool { return len(name) == 1 }

// findFlag gives the flag of that name, long or short.
func findFlag(flags []cli.Flag, name string) cli.Flag {
	for _, f := range flags {
		if slices.Contains(f.Names(), name) {
			return f
		}
	}
	return nil
}

func takesValue(f cli.Flag) bool {
	_, boolean := f.(*cli.BoolFlag)
	return !boolean
}

func isRepeatable(f cli.Flag) bool {
	_, list := f.(*cli.StringSliceFlag)
	return list
}

func isRequired(f cli.Flag) bool {
	r, ok := f.(cli.RequiredFlag)
	return ok && r.IsRequired()
}
