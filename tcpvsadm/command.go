package main

import (
	"slices"
	"strings"

	"github.com/urfave/cli/v2"

	"ktcpvs/proto/release"
)

// Long names of the commands.
const (
	commandList = "list"
	commandKnob = "knob"
	commandLoad = "load-configfile"

	commandRestore = "restore"
	commandBatch   = "batch"
)

// app is the table of commands: which options go with each, what it is for and
// who carries it out. The grammar, the help and the completion all read it.
func (s *session) app() *cli.App {
	cli.VersionFlag = &cli.BoolFlag{Name: "version", Usage: "print the version"}
	cli.HelpFlag = &cli.BoolFlag{Name: "help", Aliases: []string{"h"}, Usage: "print this"}
	cli.FlagStringer = describeFlag
	app := &cli.App{
		Name:                      "tcpvsadm",
		Usage:                     "administer the TCP virtual servers of ktcpvsd",
		Version:                   release.Text(),
		Commands:                  s.commands(),
		Flags:                     []cli.Flag{netlinkPortFlag(), daemonUserFlag()},
		Writer:                    s.out,
		HideHelpCommand:           true,
		DisableSliceFlagSeparator: true,
		CustomAppHelpTemplate:     appHelp,
		ExitErrHandler:            func(*cli.Context, error) {},
	}
	for _, command := range app.Commands {
		command.UsageText = synopsis(command)
		command.CustomHelpTemplate = commandHelp
		command.HideHelpCommand = true
	}
	return app
}

func (s *session) commands() []*cli.Command {
	ident := func() cli.Flag { return identFlag() }
	service := func(more ...cli.Flag) []cli.Flag { return append([]cli.Flag{required(identFlag())}, more...) }
	server := func(more ...cli.Flag) []cli.Flag {
		return append([]cli.Flag{required(identFlag()), required(serverFlag())}, more...)
	}
	return []*cli.Command{
		{Name: "add-service", Aliases: []string{"A"}, Action: s.addService,
			Usage: "add a virtual service", Flags: service(append(settingFlags(), ifNeededFlag())...)},
		{Name: "edit-service", Aliases: []string{"E"}, Action: s.editService,
			Usage: "change a virtual service; what is not given stays", Flags: service(settingFlags()...)},
		{Name: "delete-service", Aliases: []string{"D"}, Action: s.deleteService,
			Usage: "delete a virtual service with its servers and rules", Flags: service(ifNeededFlag())},
		{Name: "flush", Aliases: []string{"F"}, Action: s.flush,
			Usage: "delete every virtual service"},

		{Name: "add-server", Aliases: []string{"a"}, Action: s.addServer,
			Usage: "add a real server to a virtual service", Flags: server(weightFlag(), ifNeededFlag())},
		{Name: "edit-server", Aliases: []string{"e"}, Action: s.editServer,
			Usage: "set the weight of a real server; what is not given stays", Flags: server(weightFlag())},
		{Name: "delete-server", Aliases: []string{"d"}, Action: s.deleteServer,
			Usage: "delete a real server that no rule uses", Flags: server(withRulesFlag(), ifNeededFlag())},

		{Name: "add-rule", Action: s.addRule,
			Usage:       "send requests for which the conditions hold to a real server",
			Description: "At least one condition is needed; all that are given must hold.",
			Flags:       append(ruleFlags(), matchFlag(), atFlag(), ifNeededFlag(), strictFlag())},
		{Name: "del-rule", Action: s.deleteRule,
			Usage:       "take a real server out of a rule, or delete the rule of a number",
			Description: "The conditions are those that the rule was added with; without its last server it is gone.",
			Flags:       slices.Concat([]cli.Flag{required(identFlag())}, conditionFlags(), []cli.Flag{ignoreCaseFlag(), numberFlag(), serverFlag(), ifNeededFlag()})},
		{Name: "move-rule", Action: s.moveRule, ArgsUsage: "NUMBER NUMBER",
			Usage: "give the rule of the first number the second one", Flags: service()},

		{Name: "start", Action: s.start,
			Usage: "let a virtual service listen; without -i, all of them", Flags: []cli.Flag{ident(), strictFlag()}},
		{Name: "stop", Action: s.stop,
			Usage: "let a virtual service take nothing new; without -i, all of them", Flags: []cli.Flag{ident()}},
		{Name: "zero", Aliases: []string{"Z"}, Action: s.zero,
			Usage: "zero the counters of a virtual service; without -i, of all", Flags: []cli.Flag{ident()}},

		{Name: commandList, Aliases: []string{"L"}, Action: s.list,
			Usage:       "list the table, as a call without arguments does",
			Description: "With --stats, counters are listed instead of settings.",
			Flags: []cli.Flag{ident(), numericFlag(),
				&cli.BoolFlag{Name: optionStats, Usage: "list the counters of services and real servers"},
				&cli.BoolFlag{Name: optionRules, Usage: "list the rules with their numbers and what they have decided"},
				&cli.BoolFlag{Name: optionExact, Usage: "with --stats and --rules: print large counters in full"}}},
		{Name: commandLoad, Aliases: []string{"f"}, Action: s.loadFile, ArgsUsage: "FILE",
			Usage: "make the table what a configuration file says, or change nothing", Flags: configurationFlags()},
		{Name: "save", Aliases: []string{"S"}, Action: s.save,
			Usage: "print a configuration that makes the table what it is", Flags: []cli.Flag{numericFlag()}},
		{Name: commandRestore, Aliases: []string{"R"}, Action: s.restore,
			Usage: "load a configuration from standard input", Flags: configurationFlags()},

		{Name: commandBatch, Action: s.batch, ArgsUsage: "[FILE]",
			Usage:       "make all changes of a file's commands, or of standard input's, or none",
			Description: "A line is a command as it stands behind tcpvsadm; a number sign starts a comment."},
		{Name: "history", Action: s.history,
			Usage: "print who changed what, the latest last; with -i, of one virtual service", Flags: []cli.Flag{ident(), lastFlag()}},

		{Name: "modules", Action: s.modules,
			Usage: "list the scheduler modules"},
		{Name: "load-module", Action: s.loadModule, ArgsUsage: "NAME",
			Usage: "load a scheduler module"},
		{Name: "unload-module", Action: s.unloadModule, ArgsUsage: "NAME",
			Usage: "unload a scheduler module that no service uses"},
		{Name: commandKnob, Action: s.knob, ArgsUsage: "[NAME[=VALUE]]",
			Usage: "list the daemon's knobs, print one, or set one"},
	}
}

// findCommand gives the command of that name, long or short.
func findCommand(app *cli.App, name string) *cli.Command {
	for _, command := range app.Commands {
		if command.HasName(name) {
			return command
		}
	}
	return nil
}

// arguments is how many values of its own a command has, and whether there may be
// none.
func arguments(command *cli.Command) (taken int, optional bool) {
	return len(strings.Fields(command.ArgsUsage)), strings.HasPrefix(command.ArgsUsage, "[")
}
