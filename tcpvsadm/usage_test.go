package main

import (
	"slices"
	"strings"
	"testing"
)

// form is a command as the reference has it: its names, what it needs and what
// it may take, each option by both its names.
type form struct {
	names       []string
	argument    string
	needs, take []string
}

// forms are the rows of the reference's section 2, and then those of our own.
var forms = []form{
	{[]string{"--add-service", "-A"}, "", []string{"-i"}, []string{"-s", "-P", "-l", "--if-needed"}},
	{[]string{"--edit-service", "-E"}, "", []string{"-i"}, []string{"-s", "-P", "-l"}},
	{[]string{"--delete-service", "-D"}, "", []string{"-i"}, []string{"--if-needed"}},
	{[]string{"--flush", "-F"}, "", nil, nil},
	{[]string{"--add-server", "-a"}, "", []string{"-i", "-r"}, []string{"-w", "--if-needed"}},
	{[]string{"--edit-server", "-e"}, "", []string{"-i", "-r"}, []string{"-w"}},
	{[]string{"--delete-server", "-d"}, "", []string{"-i", "-r"}, []string{"--with-rules", "--if-needed"}},
	{[]string{"--add-rule"}, "", []string{"-i", "-p", "-r"}, []string{"-m", "--at", "--host", "--method", "--header", "--cookie", "--query", "--source", "--if-needed"}},
	{[]string{"--del-rule"}, "", []string{"-i", "-p", "-r"}, []string{"--host", "--method", "--header", "--cookie", "--query", "--source", "--if-needed"}},
	{[]string{"--move-rule"}, "1 2", []string{"-i"}, nil},
	{[]string{"--list", "-L"}, "", nil, []string{"-i", "-n", "--stats", "--rules", "--exact"}},
	{[]string{"--start"}, "", nil, []string{"-i"}},
	{[]string{"--stop"}, "", nil, []string{"-i"}},
	{[]string{"--load-configfile", "-f"}, "file", nil, []string{"--check", "--resolve", "--diff", "--start"}},

	{[]string{"--zero", "-Z"}, "", nil, []string{"-i"}},
	{[]string{"--save", "-S"}, "", nil, []string{"-n"}},
	{[]string{"--restore", "-R"}, "", nil, []string{"--check", "--resolve", "--diff", "--start"}},
	{[]string{"--batch"}, "file", nil, nil},
	{[]string{"--modules"}, "", nil, nil},
	{[]string{"--load-module"}, "wlc", nil, nil},
	{[]string{"--unload-module"}, "wlc", nil, nil},
	{[]string{"--knob"}, "unload", nil, nil},
}

// options are every option with its long name and a value that will do.
var options = map[string]struct{ long, value string }{
	"-i": {"--ident", "web"}, "-s": {"--scheduler", "http"}, "-P": {"--port", "81"}, "-l": {"--listen", "127.0.0.1"},
	"-r": {"--real-server", "127.0.0.1:80"}, "-w": {"--weight", "2"}, "-p": {"--pattern", "/x"}, "-m": {"--match", "1"}, "-n": {"--numeric", ""},
	"--host": {"--host", "x"}, "--method": {"--method", "GET"}, "--header": {"--header", "X"}, "--cookie": {"--cookie", "c"},
	"--query": {"--query", "q"}, "--source": {"--source", "::1"}, "--stats": {"--stats", ""}, "--rules": {"--rules", ""}, "--at": {"--at", "1"}, "--with-rules": {"--with-rules", ""}, "--exact": {"--exact", ""},
	"--if-needed": {"--if-needed", ""}, "--check": {"--check", ""}, "--resolve": {"--resolve", ""}, "--diff": {"--diff", ""},
}

// shown is an option or command as messages have it.
func shown(short, long string) string {
	if short == long || short == "" {
		return long
	}
	return long + " (" + short + ")"
}

func (f form) shown() string {
	if len(f.names) == 2 {
		return shown(f.names[1], f.names[0])
	}
	return f.names[0]
}

// words are the command, its argument and those options with values.
func (f form) words(name string, with []string) []string {
	words := []string{name}
	if f.argument != "" {
		words = append(words, strings.Fields(f.argument)...)
	}
	for _, option := range with {
		words = append(words, option)
		if value := options[option].value; value != "" {
			words = append(words, value)
		}
	}
	return words
}

func TestOptionsThatDoNotGoWithACommand(t *testing.T) {
	o := near(t)
	for _, f := range forms {
		for short, option := range options {
			if slices.Contains(f.needs, short) || slices.Contains(f.take, short) {
				continue
			}
			want := "option " + shown(short, option.long) + " does not go with command " + f.shown()
			for _, spelled := range []string{short, option.long} {
				words := append(f.words(f.names[len(f.names)-1], f.needs), spelled)
				if option.value != "" {
					words = append(words, option.value)
				}
				o.fails(exitUsage, want, words...)
			}
		}
	}
}

func TestOptionsThatGoWithACommandAreTaken(t *testing.T) {
	o := near(t)
	for _, f := range forms {
		for _, name := range f.names {
			for _, option := range append([]string{""}, f.take...) {
				words := f.words(name, f.needs)
				switch value := options[option].value; {
				case option == "--exact":
					words = append(words, option, "--stats")
				case option == "--resolve":
					words = append(words, option, "--check")
				case value != "":
					words = append(words, option, value)
				case option != "":
					words = append(words, option)
				}
				// All that is wrong with these is that no daemon is there, or no file.
				r, unread := o.call(words...), exitFailed
				if option == "--diff" {
					unread = exitUsage
				}
				if r.status != exitNoDaemon && !(r.status == unread && (f.argument == "file" || f.names[0] == "--restore")) {
					t.Errorf("%q: status %d, %s", words, r.status, r.stderr)
				}
			}
		}
	}
}

func TestOptionsThatAreMissing(t *testing.T) {
	o := lonely(t)
	for _, f := range forms {
		for i, missing := range f.needs {
			want := "command " + f.shown() + " needs option " + shown(missing, options[missing].long)
			if missing == "-p" {
				want = "command " + f.shown() + " needs option one of --pattern (-p), --path, --prefix, --host, --method, --header, --cookie, --query, --source"
				if f.names[0] == "--del-rule" {
					want += ", --number"
				}
			}
			o.fails(exitUsage, want, f.words(f.names[0], slices.Delete(slices.Clone(f.needs), i, i+1))...)
		}
	}
	o.fails(exitUsage, "command --add-server (-a) needs option --ident (-i) and --real-server (-r)", "-a")
}

func TestOptionsGivenTwice(t *testing.T) {
	o := near(t)
	for _, f := range forms {
		for _, option := range slices.Concat(f.needs, f.take) {
			if option == "--header" || option == "--cookie" || option == "--query" || option == "-l" {
				continue
			}
			twice := options[option].long
			if twice == "" {
				twice = option // --start, which is a command elsewhere
			}
			if value := options[option].value; value != "" {
				twice += "=" + value
			}
			words := append(f.words(f.names[0], append(slices.Clone(f.needs), option)), twice)
			o.fails(exitUsage, "option "+shown(option, strings.SplitN(twice, "=", 2)[0])+" is given twice with command "+f.shown(), words...)
		}
	}
}

func TestTwoCommands(t *testing.T) {
	o := near(t)
	for i, f := range forms {
		for _, second := range []form{f, forms[(i+1)%len(forms)]} {
			want := f.shown() + " and " + second.shown() + " are two commands; a call takes one"
			words := append(f.words(f.names[0], f.needs), second.words(second.names[len(second.names)-1], nil)...)
			if f.names[0] == "--knob" {
				words = slices.Delete(words, 1, 2)
			}
			o.fails(exitUsage, want, words...)
		}
	}
}

func TestWordsThatMeanNothing(t *testing.T) {
	o := lonely(t)
	for args, want := range map[string]string{
		"web":                               `"web" is neither a command nor an option`,
		"list":                              `"list" is neither a command nor an option (did you mean --list?)`,
		"-":                                 `"-" is neither a command nor an option`,
		"-- -L":                             `"--" is neither a command nor an option`,
		"-L web":                            `unexpected word "web" with command --list (-L)`,
		"-L --":                             `unexpected word "--" with command --list (-L)`,
		"-A -i web http":                    `unexpected word "http" with command --add-service (-A)`,
		"-f file more":                      `unexpected word "more" with command --load-configfile (-f)`,
		"--knob unload more":                `unexpected word "more" with command --knob`,
		"-x":                                `unknown option -x`,
		"--rate":                            `unknown option --rate`,
		"-L --rate":                         `unknown option --rate with command --list (-L)`,
		"-Lx":                               `unknown option -x with command --list (-L)`,
		"-L --n":                            `unknown option --n with command --list (-L)`,
		"-L --num":                          `unknown option --num with command --list (-L)`,
		"--L":                               `unknown option --L`,
		"-n":                                `option --numeric (-n) stands before any command; the command comes first`,
		"-i web -L":                         `option --ident (-i) stands before any command; the command comes first`,
		"-nL":                               `option --numeric (-n) stands before any command; the command comes first`,
		"--header X --add-rule":             `option --header stands before any command; the command comes first`,
		"-L --numeric=yes":                  `option --numeric (-n) takes no value with command --list (-L), but "yes" is given`,
		"--list=web":                        `command --list (-L) takes no value, but "web" is given`,
		"-L -i":                             `option --ident (-i) needs a value with command --list (-L)`,
		"-Lni":                              `option --ident (-i) needs a value with command --list (-L)`,
		"--nlport":                          `option --nlport needs a value`,
		"-f":                                `command --load-configfile (-f) needs a FILE`,
		"--load-module":                     `command --load-module needs a NAME`,
		"-L --exact":                        `option --exact with command --list (-L) needs option --stats or --rules`,
		"-L --stats --rules":                `options --stats and --rules with command --list (-L) exclude each other`,
		"--move-rule 1":                     `command --move-rule needs a NUMBER NUMBER`,
		"--move-rule 1 -i web":              `command --move-rule needs a NUMBER NUMBER`,
		"--move-rule 1 x -i web":            `command --move-rule is given "x", expected a number of a rule, from 1`,
		"--move-rule=0 1 -i web":            `command --move-rule is given "0", expected a number of a rule, from 1`,
		"--del-rule -i web --number 0":      `option --number with command --del-rule is "0": expected a number from 1 to 4294967295`,
		"--del-rule -i web --number 1 -p x": `option --number with command --del-rule stands for the conditions, but option --pattern (-p) is given`,
		"--version -L":                      `--version stands alone, but "-L" follows`,
		"--version --version":               `--version stands alone, but "--version" follows`,
		"-L --version":                      `unknown option --version with command --list (-L)`,
		"-h -L":                             `--help (-h) stands alone, but "-L" follows; a command's help is COMMAND -h`,
		"--help=me":                         `unknown option --help`,
		"--knob =3":                         `command --knob is given "=3", expected NAME or NAME=VALUE`,
		"--knob unload=":                    `command --knob unload is given "", expected a number from -2147483648 to 2147483647`,
		"--knob unload=yes":                 `command --knob unload is given "yes", expected a number from -2147483648 to 2147483647`,
		"--knob unload=2147483648":          `command --knob unload is given "2147483648", expected a number from -2147483648 to 2147483647`,
	} {
		o.fails(exitUsage, want, strings.Fields(args)...)
	}
	o.fails(exitUsage, `"" is neither a command nor an option`, "")
	o.fails(exitUsage, `command --load-module: name is 0 bytes long, expected 1 to 15`, "--load-module", "")
}

func TestTheNetlinkPortIsChecked(t *testing.T) {
	for _, port := range []string{"0", "-1", "4294967296", "KTVS"} {
		o := lonely(t)
		o.env[0] = "KTCPVS_NLPORT=" + port
		o.fails(exitUsage, `--nlport (or KTCPVS_NLPORT) is "`+port+`", expected a netlink port id from 1 to 4294967295`, "-L")
	}
}
