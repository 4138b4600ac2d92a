package main

import (
	"slices"
	"strings"
	"testing"

	"ktcpvs/proto/client"
	"ktcpvs/proto/release"
)

func TestModulesAreListedLoadedAndUnloaded(t *testing.T) {
	o := prepared(t)
	o.does("--load-module", "wlc")
	o.does("--load-module=hhttp")
	lines := slices.Collect(strings.Lines(o.does("--modules")))
	if lines[0] != "Module          State    Users\n" {
		t.Errorf("the head is %q", lines[0])
	}
	slices.Sort(lines[1:])
	golden(t, "modules.golden", strings.Join(lines, ""))
	o.does("--unload-module", "wlc")
	if got := o.does("--modules"); !strings.Contains(got, "wlc             unloaded     0\n") {
		t.Errorf("after unloading wlc:\n%s", got)
	}
}

func TestKnobsAreListedReadAndSet(t *testing.T) {
	o := newOperator(t)
	golden(t, "knobs.golden", o.does("--knob"))
	for args, want := range map[string]string{
		"--knob debug_level=2":    "debug_level = 2\n",
		"--knob=debug_level=0x10": "debug_level = 16\n",
		"--knob debug_level=-1":   "debug_level = -1\n",
	} {
		if out := o.does(strings.Fields(args)...); out != "" {
			t.Errorf("%s prints %q", args, out)
		}
		if got := o.does("--knob", "debug_level"); got != want {
			t.Errorf("after %s: %q, want %q", args, got, want)
		}
	}
	if got := o.does("--knob=max_backlog"); got != "max_backlog = 2048\n" {
		t.Errorf("got %q", got)
	}
}

// zeroing is a daemon that notes whose counters were zeroed.
type zeroing struct {
	daemon
	names *[]string
}

func (z zeroing) Zero(name string) error {
	*z.names = append(*z.names, name)
	return nil
}

func (zeroing) Close() error { return nil }

func TestZeroIsForOneServiceOrAll(t *testing.T) {
	var got []string
	for _, args := range [][]string{{"-Z"}, {"--zero"}, {"-Zi", "web"}, {"--zero", "--ident=web"}} {
		prepared(t).does(args...)
		s := &session{resolve: newResolver(), dial: func(client.Options) (daemon, error) { return zeroing{names: &got}, nil }}
		if err := s.run(args); err != nil {
			t.Fatal(err)
		}
	}
	if want := []string{"", "", "web", "web"}; !slices.Equal(got, want) {
		t.Errorf("zeroed %q, want %q", got, want)
	}
}

func TestStatsOfTheTable(t *testing.T) {
	o := prepared(t)
	o.does("--start")
	golden(t, "stats-fresh.golden", o.does("-Lni", "web", "--stats"))
}

func TestTheNetlinkPortIsFromTheOptionThenTheEnvironment(t *testing.T) {
	o := prepared(t)
	_, port, _ := strings.Cut(o.env[0], "=")
	other := lonely(t)
	for _, args := range [][]string{{"--nlport", port}, {"--nlport=" + port, "-L"}, {"-L", "--nlport", port}, {"-Li", "web", "--nlport=" + port}} {
		if got := other.does(args...); !strings.Contains(got, "Virtual web") {
			t.Errorf("%q lists\n%s", args, got)
		}
	}
}

func TestHelpAndVersionNeedNoDaemon(t *testing.T) {
	o := lonely(t)
	for _, args := range [][]string{{"-h"}, {"--help"}, {"--nlport", "1", "-h"}} {
		golden(t, "help.golden", o.does(args...))
	}
	for _, args := range [][]string{{"--add-rule", "-h"}, {"--add-rule", "--help"}, {"--add-rule", "-i", "web", "-h"}} {
		golden(t, "help-add-rule.golden", o.does(args...))
	}
	for _, args := range [][]string{{"-L", "-h"}, {"-Lh"}, {"-Lnh"}, {"--list", "--help"}} {
		golden(t, "help-list.golden", o.does(args...))
	}
	if got, want := o.does("--version"), "tcpvsadm version "+release.Text()+"\n"; got != want {
		t.Errorf("--version prints %q, want %q", got, want)
	}
}

func TestEveryCommandHasHelp(t *testing.T) {
	o := lonely(t)
	for _, f := range forms {
		words := []string{f.names[0]}
		if f.argument != "" && f.names[0] != "--knob" {
			words = append(words, strings.Fields(f.argument)...)
		}
		help := o.does(append(words, "-h")...)
		for _, word := range append(f.names, append(f.needs, f.take...)...) {
			if !strings.Contains(help, word) {
				t.Errorf("the help of %s does not name %s:\n%s", f.names[0], word, help)
			}
		}
	}
}

func TestCompletionOffersWhatMayComeNext(t *testing.T) {
	o := prepared(t)
	o.does("-Ai", "api")
	for line, want := range map[string]string{
		"-A -i":           "api web",
		"-A --ident":      "api web",
		"-Ai":             "api web",
		"-A -i x -s":      "chttp hhttp http phttp wlc",
		"-d -i web -r":    "10.0.0.1:80",
		"-d -r":           "",
		"--load-module":   "chttp hhttp http phttp wlc",
		"--unload-module": "chttp hhttp http phttp wlc",
		"--knob":          "debug_level keepalive_timeout max_backlog read_timeout unload zerocopy_send",
		"-f":              "",
		"-h":              "",
		"--version":       "",
		"-D":              "--daemon-uid --ident --if-needed --nlport -i",
		"-D -i web":       "--daemon-uid --if-needed --nlport",
		"-L -n":           "--daemon-uid --exact --ident --nlport --rules --stats -i",
		"--start -i web":  "--daemon-uid --nlport --strict",
		"--knob unload":   "--daemon-uid --nlport",
		"-D --bogus -i":   "--daemon-uid --ident --if-needed --nlport -i",
		"-A -i x -P":      "",
	} {
		if got := texts(o.does(append(strings.Fields(line), completionRequest)...)); got != want {
			t.Errorf("after %q: %q, want %q", line, got, want)
		}
	}
	commands := " " + texts(o.does(completionRequest)) + " "
	for _, f := range forms {
		for _, name := range f.names {
			if !strings.Contains(commands, " "+name+" ") {
				t.Errorf("%s is no candidate in %s", name, commands)
			}
		}
	}
	rule := texts(o.does("--add-rule", "--header", "X", completionRequest))
	if !strings.Contains(rule, "--header") {
		t.Errorf("--header may be repeated, but is not in %s", rule)
	}
}

func TestCompletionWithoutADaemonIsSilent(t *testing.T) {
	o := lonely(t)
	if got := o.does("-A", "-i", completionRequest); got != "" {
		t.Errorf("got %q", got)
	}
}

// texts are the candidates without their descriptions, sorted, in one line.
func texts(lines string) string {
	var words []string
	for line := range strings.Lines(lines) {
		text, _, _ := strings.Cut(strings.TrimSuffix(line, "\n"), "\t")
		words = append(words, text)
	}
	slices.Sort(words)
	return strings.Join(words, " ")
}
