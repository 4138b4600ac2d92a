package main

import (
	"strings"

	"github.com/urfave/cli/v2"
)

const appHelp = `Usage: tcpvsadm [COMMAND [OPTION]...]

Administers the TCP virtual servers of ktcpvsd. A call takes one command, which
comes first; without one, the whole table is listed.

Commands:
{{range .VisibleCommands}}  {{.UsageText}}
      {{.Usage}}
{{end}}
A CONDITION of a rule is one of these; all that are given must hold:
  -p EXPRESSION, --host EXPRESSION, --method METHOD, --header NAME[:EXPRESSION],
  --cookie NAME[=EXPRESSION], --query NAME[=EXPRESSION], --source ADDRESS[/LENGTH]

With every command:
  --nlport PORT
      netlink port id of the daemon; otherwise KTCPVS_NLPORT has it
  --daemon-uid UID
      user whose process the daemon is, if neither root nor the caller
  -h, --help
      print the help of the command, or this
Instead of a command:
  --version
      print the version

Exit status: 0 done, 1 refused or failed, 2 wrong command line, 3 no daemon,
4 exists already or is not there.
`

const commandHelp = `Usage: tcpvsadm {{.UsageText}}

{{.Usage}}{{if .Description}}
{{.Description}}{{end}}

Options:
{{range .VisibleFlags}}  {{.}}
{{end}}`

// synopsis is a command with its names and options in a line.
func synopsis(command *cli.Command) string {
	words := []string{namesOf(command.Names())}
	if command.ArgsUsage != "" {
		words = append(words, command.ArgsUsage)
	}
	asked := false
	for _, f := range command.Flags {
		switch {
		case !isCondition(f):
			words = append(words, flagSynopsis(f))
		case !asked:
			words = append(words, "CONDITION...")
			asked = true
		}
	}
	return strings.Join(words, " ")
}

// flagSynopsis is an option by its shortest name with its value, in brackets
// when the command does without.
func flagSynopsis(f cli.Flag) string {
	names := f.Names()
	text := dashed(names[len(names)-1])
	if value := placeholder(f); value != "" {
		text += " " + value
	}
	if !isRequired(f) {
		return "[" + text + "]"
	}
	return text
}

// describeFlag is a line of a command's help; a tab ends its first column.
func describeFlag(f cli.Flag) string {
	text := namesOf(f.Names())
	if value := placeholder(f); value != "" {
		text += " " + value
	}
	return text + "\t" + plainUsage(f)
}

// namesOf shows the names of a command or option, the short one first.
func namesOf(names []string) string {
	text := ""
	for _, name := range names {
		switch {
		case text == "":
			text = dashed(name)
		case isShort(name):
			text = dashed(name) + ", " + text
		default:
			text += ", " + dashed(name)
		}
	}
	return text
}

func dashed(name string) string {
	if isShort(name) {
		return "-" + name
	}
	return "--" + name
}

// placeholder is what an option's usage calls its value.
func placeholder(f cli.Flag) string {
	_, rest, _ := strings.Cut(f.(cli.DocGenerationFlag).GetUsage(), "`")
	name, _, _ := strings.Cut(rest, "`")
	return name
}

// plainUsage is an option's usage without the marks around its value's name.
func plainUsage(f cli.Flag) string {
	return strings.ReplaceAll(f.(cli.DocGenerationFlag).GetUsage(), "`", "")
}
