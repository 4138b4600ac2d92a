package main

import (
	"strings"
	"testing"
)

func TestWhatIsSoAlreadyIsNoErrorIfThatIsAskedFor(t *testing.T) {
	o := prepared(t)
	rule := "-i web -p /x -r 10.0.0.1:80"
	before := o.does("-S")
	for _, call := range []string{
		"-A -i web", "-A -i web -P 81", "-A -i web --via on", "-a -i web -r 10.0.0.1:80", "-a -i web -r 10.0.0.1:80 -w 1",
		"--add-rule " + rule, "--add-rule -m 0 " + rule,
		"-D -i two", "-d -i web -r 10.0.0.2:80", "-d -i two -r 10.0.0.1:80", "--del-rule -i web -p /y -r 10.0.0.1:80", "--del-rule -i two -p /x -r 10.0.0.1:80",
	} {
		words := strings.Fields(call)
		if r := o.call(words...); r.status != exitAlready {
			t.Errorf("%s: status %d, %s; want %d", call, r.status, r.stderr, exitAlready)
		}
		o.does(append(words, "--if-needed")...)
	}
	if after := o.does("-S"); after != before {
		t.Errorf("the table was\n%s\nand is\n%s", before, after)
	}
	// What is needed is done.
	o.does("-A", "--if-needed", "-i", "two")
	o.does("-D", "--if-needed", "-i", "two")
	if after := o.does("-S"); after != before {
		t.Errorf("the table was\n%s\nand is\n%s", before, after)
	}
}

func TestWhatIsOtherwiseIsNoneThatIsSoAlready(t *testing.T) {
	o := prepared(t)
	for call, want := range map[string]string{
		"-A -i web -s wlc":                   `Service already exists: service "web" has not scheduler = wlc`,
		"-A -i web -P 82":                    `Service already exists: service "web" has not listen = 0.0.0.0:82`,
		"-A -i web --via off":                `Service already exists: service "web" has not via = off`,
		"-a -i web -r 10.0.0.1:80 -w 3":      `Destination already exists: server 10.0.0.1:80 of service "web" has weight 1, not 3`,
		"-a -i two -r 10.0.0.1:80":           `Service not defined: service "two"`,
		"--add-rule -i web -p x -r 10.0.0.2": `No such destination: server 10.0.0.2:81 of service "web"`,
		"--add-rule -i two -p x -r 10.0.0.2": `Service not defined: service "two"`,
	} {
		o.fails(exitAlready, want, append(strings.Fields(call), "--if-needed")...)
	}
	o.fails(exitFailed, `Destination is busy (a rule uses it): server 10.0.0.1:80 is used by rule "/x"`, "-d", "-i", "web", "-r", "10.0.0.1:80", "--if-needed")
}

func TestAServerIsEditedWithoutAWeight(t *testing.T) {
	o := prepared(t)
	o.does("-e", "-i", "web", "-r", "10.0.0.1:80", "-w", "7")
	before := o.does("-S")
	o.does("-e", "-i", "web", "-r", "10.0.0.1:80")
	if after := o.does("-S"); after != before {
		t.Errorf("without a weight, it makes of\n%s\nthis:\n%s", before, after)
	}
}

func TestUnknownWordsGetASuggestion(t *testing.T) {
	o := prepared(t)
	for call, want := range map[string]string{
		"--lst":               `unknown option --lst (did you mean --list?)`,
		"--add-servce -i web": `unknown option --add-servce (did you mean --add-service?)`,
		"-A --idnet web":      `unknown option --idnet with command --add-service (-A) (did you mean --ident?)`,
		"-a --wieght 3":       `unknown option --wieght with command --add-server (-a) (did you mean --weight?)`,
		"list":                `"list" is neither a command nor an option (did you mean --list?)`,
		"-f file check":       `unexpected word "check" with command --load-configfile (-f) (did you mean --check?)`,
		"--vresion":           `unknown option --vresion (did you mean --version?)`,
		"-D --numerc -i x":    `unknown option --numerc with command --delete-service (-D)`,
	} {
		o.fails(exitUsage, want, strings.Fields(call)...)
	}
	o.fails(exitFailed, `Scheduler not found: scheduler "wcl" (did you mean "wlc"?)`, "-A", "-i", "two", "-s", "wcl")
	o.fails(exitFailed, `Scheduler not found: scheduler "htpp" (did you mean "http"?)`, "-E", "-i", "web", "-s", "htpp")
	o.fails(exitAlready, `No such knob: "read_timout" (did you mean "read_timeout"?)`, "--knob", "read_timout")
	o.fails(exitAlready, `No such knob: "read_timout" (did you mean "read_timeout"?)`, "--knob", "read_timout=3")
}
