package main

import (
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/urfave/cli/v2"

	words "ktcpvs/proto/spelling"
)

// line is a command line read by the original's grammar: one command, first,
// and its options in any order, long or short, the short ones combined if one
// likes, a value in the same word or in the next.
type line struct {
	app     *cli.App
	command *cli.Command
	help    bool
	version bool

	values  []string // the command's own
	globals []string // options of every command, as --name=value
	options []string // options of this one
	given   map[cli.Flag][]string
}

// readLine reads a whole call. The error says which option and which command
// are at odds. What was read before the error is in the line.
func readLine(app *cli.App, args []string) (*line, error) {
	l := &line{app: app, given: make(map[cli.Flag][]string)}
	for len(args) > 0 && !l.help {
		rest, err := l.word(args)
		if err != nil {
			return l, err
		}
		args = rest
	}
	switch {
	case l.command == nil && l.help && len(args) > 0:
		return l, usagef("--help (-h) stands alone, but %q follows; a command's help is COMMAND -h", args[0])
	case l.help || l.version:
		return l, nil
	case l.command == nil:
		l.command = findCommand(app, commandList)
		return l, nil
	}
	return l, l.checkComplete()
}

// word reads the first of the words and gives those that are left.
func (l *line) word(words []string) (rest []string, err error) {
	first, rest := words[0], words[1:]
	if long, ok := strings.CutPrefix(first, "--"); ok && long != "" {
		name, value, attached := strings.Cut(long, "=")
		if isShort(name) {
			return nil, l.unknown(first)
		}
		return l.option("--"+name, name, value, attached, rest)
	}
	cluster, ok := strings.CutPrefix(first, "-")
	if !ok || cluster == "" || cluster == "-" {
		return nil, l.stray(first)
	}
	for cluster != "" && !l.help {
		_, size := utf8.DecodeRuneInString(cluster)
		name := cluster[:size]
		cluster = cluster[size:]
		if l.takesValue(name) && cluster != "" {
			return l.option("-"+name, name, cluster, true, rest)
		}
		if rest, err = l.option("-"+name, name, "", false, rest); err != nil {
			return nil, err
		}
	}
	return rest, nil
}

// takesValue tells whether the rest of a word belongs to this short name.
func (l *line) takesValue(name string) bool {
	if command := findCommand(l.app, name); command != nil {
		taken, _ := arguments(command)
		return taken > 0
	}
	f := l.find(name)
	return f != nil && takesValue(f)
}

// find gives the option of that name, of this command or of every one.
func (l *line) find(name string) cli.Flag {
	if l.command != nil {
		if f := findFlag(l.command.Flags, name); f != nil {
			return f
		}
	}
	return findFlag(l.app.Flags, name)
}

// option reads one option or command, spelled so, with its value.
func (l *line) option(spelled, name, value string, attached bool, rest []string) ([]string, error) {
	switch {
	case l.version:
		return nil, usagef("--version stands alone, but %q follows", spelled)
	case (name == "help" || name == "h") && !attached:
		l.help = true
		return rest, nil
	case name == "version" && !attached && l.command == nil:
		l.version = true
		return rest, nil
	}
	f := l.find(name)
	if command := findCommand(l.app, name); command != nil && f == nil {
		return l.start(command, value, attached, rest)
	}
	if f == nil {
		return nil, l.unknown(spelled)
	}
	if len(l.given[f]) > 0 && !isRepeatable(f) {
		return nil, usagef("option %s is given twice%s", spelling(f.Names()), l.with())
	}
	if !takesValue(f) {
		if attached {
			return nil, usagef("option %s takes no value%s, but %q is given", spelling(f.Names()), l.with(), value)
		}
		l.add(f, "true")
		return rest, nil
	}
	if !attached {
		if len(rest) == 0 {
			return nil, &missingValue{flag: f, usageError: usageError{
				"option " + spelling(f.Names()) + " needs a value" + l.with()}}
		}
		value, rest = rest[0], rest[1:]
	}
	l.add(f, value)
	return rest, nil
}

// start takes the command, and its own values where it has some.
func (l *line) start(command *cli.Command, value string, attached bool, rest []string) ([]string, error) {
	if l.command != nil {
		return nil, usagef("%s and %s are two commands; a call takes one",
			spelling(l.command.Names()), spelling(command.Names()))
	}
	l.command = command
	taken, optional := arguments(command)
	if attached {
		if taken == 0 {
			return nil, usagef("command %s takes no value, but %q is given", spelling(command.Names()), value)
		}
		l.values = []string{value}
	}
	for len(l.values) < taken {
		option := len(rest) > 0 && strings.HasPrefix(rest[0], "-")
		if len(rest) > 0 && (!option || !optional && len(l.values) == 0) {
			l.values, rest = append(l.values, rest[0]), rest[1:]
			continue
		}
		if !optional {
			return nil, &missingValue{usageError: usageError{
				"command " + spelling(command.Names()) + " needs a " + command.ArgsUsage}}
		}
		break
	}
	return rest, nil
}

func (l *line) add(f cli.Flag, value string) {
	l.given[f] = append(l.given[f], value)
	word := "--" + f.Names()[0] + "=" + value
	if findFlag(l.app.Flags, f.Names()[0]) != nil {
		l.globals = append(l.globals, word)
	} else {
		l.options = append(l.options, word)
	}
}

// with names the command for a message about an option.
func (l *line) with() string {
	if l.command == nil {
		return ""
	}
	return " with command " + spelling(l.command.Names())
}

// unknown is the error for an option that this command does not take.
func (l *line) unknown(spelled string) error {
	for _, command := range l.app.Commands {
		f := findFlag(command.Flags, strings.TrimLeft(spelled, "-"))
		switch {
		case f == nil || isShort(strings.TrimLeft(spelled, "-")) == strings.HasPrefix(spelled, "--"):
		case l.command == nil:
			return usagef("option %s stands before any command; the command comes first", spelling(f.Names()))
		default:
			return usagef("option %s does not go with command %s", spelling(f.Names()), spelling(l.command.Names()))
		}
	}
	return usagef("unknown option %s%s%s", spelled, l.with(), l.suggest(spelled))
}

// suggest names the option or command that may be meant by a long name.
func (l *line) suggest(text string) string {
	var known []string
	add := func(names []string) {
		for _, name := range names {
			if !isShort(name) {
				known = append(known, name)
			}
		}
	}
	flags := l.app.Flags
	if l.command == nil {
		for _, command := range l.app.Commands {
			add(command.Names())
		}
	} else {
		flags = append(slices.Clone(l.command.Flags), flags...)
	}
	for _, f := range flags {
		add(f.Names())
	}
	add([]string{"help", "version"}) // which the library knows
	name := strings.TrimLeft(text, "-")
	meant := words.Nearest(name, known)
	if isShort(name) || meant == "" || dashed(meant) == text {
		return ""
	}
	return " (did you mean " + dashed(meant) + "?)"
}

func (l *line) stray(text string) error {
	if l.command == nil {
		return usagef("%q is neither a command nor an option%s", text, l.suggest(text))
	}
	return usagef("unexpected word %q%s%s", text, l.with(), l.suggest(text))
}

// checkComplete tells whether the options that the command needs are there. Of
// conditions it needs one, whichever.
func (l *line) checkComplete() error {
	var missing, conditions []string
	asked := false
	for _, f := range l.command.Flags {
		given := len(l.given[f]) > 0
		if isCondition(f) {
			conditions = append(conditions, spelling(f.Names()))
			asked = asked || given
		} else if isRequired(f) && !given {
			missing = append(missing, spelling(f.Names()))
		}
	}
	if f := findFlag(l.command.Flags, optionNumber); f != nil && len(l.given[f]) == 0 {
		if server := findFlag(l.command.Flags, optionServer); len(l.given[server]) == 0 {
			missing = append(missing, spelling(server.Names()))
		}
	}
	if len(conditions) > 0 && !asked {
		missing = append(missing, "one of "+strings.Join(conditions, ", "))
	}
	if len(missing) > 0 {
		return usagef("command %s needs option %s", spelling(l.command.Names()), strings.Join(missing, " and "))
	}
	return nil
}

// arguments is the line in the form that the flag set reads: the command by
// its name and every option as --name=value.
func (l *line) arguments() []string {
	args := append([]string{l.app.Name}, l.globals...)
	switch {
	case l.version:
		return append(args, "--version")
	case l.command == nil:
		return append(args, "--help")
	}
	args = append(args, l.command.Name)
	if l.help {
		return append(args, "--help")
	}
	args = append(args, l.options...)
	if len(l.values) > 0 {
		args = append(append(args, "--"), l.values...)
	}
	return args
}
