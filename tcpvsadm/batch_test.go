package main

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

func TestABatchIsOneChange(t *testing.T) {
	o := newOperator(t)
	client := func() string {
		return o.does("-S")
	}
	o.stdin = `# a site, as it would be typed
tcpvsadm -A -i web -P 81 -s hhttp

-a -i web -r 10.0.0.1:80 -w 3   # the first
-a -i web -r 10.0.0.2
--add-rule -i web -p "/a b\"c" --header 'X-A: $1' -r 10.0.0.1:80
--add-rule -i web -p .* -r 10.0.0.2
-e -i web -r 10.0.0.2 -w 9
--knob debug_level=3
--load-module wlc
--start -i web
-Z
`
	if out := o.does("--batch"); out != "" {
		t.Errorf("it prints %q", out)
	}
	golden(t, "batch.golden", o.does("-Sn"))
	// The last line is refused, and nothing is changed.
	before := client()
	path := write(t, "-D -i nothing\n")
	o.fails(exitAlready, path+`:1: No such service: service "nothing"`, "--batch", path)
	path = write(t, "-e -i web -r 10.0.0.1:80 -w 4\n--stop\n--knob debug_level=4\n# here:\n-a -i web -r 10.0.0.1:80\n")
	o.fails(exitAlready, path+`:5: Destination already exists: server 10.0.0.1:80 of service "web"`, "--batch="+path)
	if after := client(); after != before {
		t.Errorf("the refused batch makes of\n%s\nthis:\n%s", before, after)
	}
	o.does("--batch", write(t, "# nothing\n\n"))
	o.stdin = "--stop\n-F\n"
	o.does("--batch")
	if got := o.daemon.Table(); len(got) != 0 {
		t.Errorf("left is %+v", got)
	}
}

func TestEveryWrongLineOfABatchIsTold(t *testing.T) {
	o := prepared(t)
	path := write(t, `-A
-L
-a -i web -r 10.0.0.9:80
-L -i web --rules
--knob debug_level
-f other
--batch
-h
-D -i web --nlport 3
-A -i 'two
-A -i two\
--add-servr -i web
-a -i web -r 10.0.0.1:99999
web
`)
	want := `:1: command --add-service (-A) needs option --ident (-i)
:2: command --list (-L), as it is given, asks for what is there, and can be no part of a batch
:4: command --list (-L), as it is given, asks for what is there, and can be no part of a batch
:5: command --knob, as it is given, asks for what is there, and can be no part of a batch
:6: command --load-configfile (-f) can be no part of a batch
:7: command --batch can be no part of a batch
:8: help and version are no part of a batch
:9: option --nlport stands with command --batch, not in it
:10: a quote (') is not closed
:11: a backslash stands at the end of the line
:12: unknown option --add-servr (did you mean --add-server?)
:13: option --real-server (-r) with command --add-server (-a): port "99999" is not in 1..65535
:14: "web" is neither a command nor an option`
	o.fails(exitUsage, path+strings.ReplaceAll(want, "\n:", "\ntcpvsadm: "+path+":"), "--batch", path)
	path = write(t, strings.Repeat("-A\n", 30))
	r := o.call("--batch", path)
	if r.status != exitUsage || strings.Count(r.stderr, "\n") != 21 || !strings.HasSuffix(r.stderr, ": more than 20 mistakes, the rest is not looked at\n") {
		t.Errorf("30 wrong lines: status %d\n%s", r.status, r.stderr)
	}
}

func TestABatchLeavesOutWhatIsSoAlready(t *testing.T) {
	o := prepared(t)
	before := o.does("-S")
	o.stdin = `-A -i web --if-needed
-a -i web -r 10.0.0.1:80 --if-needed
--add-rule -i web -p /x -r 10.0.0.1:80 --if-needed
-D -i two --if-needed
-d -i web -r 10.0.0.2 --if-needed
--del-rule -i web -p /y -r 10.0.0.1:80 --if-needed
`
	o.does("--batch")
	if after := o.does("-S"); after != before {
		t.Errorf("the table was\n%s\nand is\n%s", before, after)
	}
	// What the batch itself has made or taken away counts.
	o.stdin = `-A -i two -P 90
-A -i two --if-needed
-a -i two -r 10.0.0.1 --if-needed
-a -i two -r 10.0.0.1:90 --if-needed
-D -i two
-D -i two --if-needed
-A -i three --if-needed
`
	o.does("--batch")
	if table := o.daemon.Table(); len(table) != 2 || table[0].Service.Name != "three" {
		t.Errorf("the table is %+v", table)
	}
	o.stdin = "-A -i four\n-a -i web -r 10.0.0.1:80 -w 7 --if-needed\n"
	o.fails(exitAlready, `standard input:2: Destination already exists: server 10.0.0.1:80 of service "web" has weight 1, not 7`, "--batch")
}

func TestCommandsOfABatchBuildUponThoseBefore(t *testing.T) {
	o := prepared(t)
	o.stdin = `-a -i web -r 10.0.0.2:80 -w 4
--add-rule -i web -p /y -r 10.0.0.2:80
--add-rule -i web -p /z -r 10.0.0.2:80 --at 3
--move-rule 3 1 -i web
--del-rule -i web --number 2
-e -i web -r 10.0.0.2:80
-A -i new -P 99
-a -i new -r 10.0.0.5
--add-rule -i new -p /n -r 10.0.0.5:99
-d -i new -r 10.0.0.5 --with-rules
-d -i new -r 10.0.0.5 --with-rules --if-needed
`
	o.does("--batch")
	golden(t, "batch-building.golden", o.does("-Ln"))
	o.stdin = "-a -i web -r 10.0.0.9\n--move-rule 7 1 -i web\n-A -i other\n"
	o.fails(exitAlready, `standard input:2: No such rule: service "web" has no rule 7, it has 2`, "--batch")
	o.stdin = "-a -i web -r 10.0.0.9\n-e -i web -r 10.0.0.8\n"
	o.fails(exitAlready, `standard input:2: No such destination: service "web" has no server 10.0.0.8:81`, "--batch")
	lonely := lonely(t)
	lonely.stdin = "-A -i web\n--move-rule 2 1 -i web\n"
	lonely.fails(exitNoDaemon, `standard input:2: The ktcpvs module not loaded: no ktcpvsd in this network namespace`, "--batch")
}

func TestABatchOfManyCommands(t *testing.T) {
	o := newOperator(t)
	var b strings.Builder
	b.WriteString("-A -i web\n")
	const servers = 2000
	for i := range servers {
		fmt.Fprintf(&b, "-a -i web -r 10.0.%d.%d:80\n", i/250, i%250+1)
	}
	o.stdin = b.String()
	o.does("--batch")
	if table := o.daemon.Table(); len(table) != 1 || len(table[0].Dests) != servers {
		t.Errorf("%d services", len(table))
	}
}

func TestLinesAreDividedAsAShellDoes(t *testing.T) {
	for line, want := range map[string][]string{
		"":                            nil,
		"  # comment":                 nil,
		"-A -i  web\t#x":              {"-A", "-i", "web"},
		"a#b c":                       {"a#b", "c"},
		`'a b' "c d" e\ f`:            {"a b", "c d", "e f"},
		`'' ""`:                       {"", ""},
		`a'b'"c"d`:                    {"abcd"},
		`"\"\\\$\a" '\"'`:             {`"\$\a`, `\"`},
		`-p ^/x\\.html$ --host '^a$'`: {"-p", `^/x\.html$`, "--host", "^a$"},
	} {
		if got, err := splitWords(line); err != nil || !slices.Equal(got, want) {
			t.Errorf("%s is divided into %q, %v; want %q", line, got, err, want)
		}
	}
	for _, line := range []string{`'a`, `"a`, `"a\"`, `a\`, `a "`} {
		if got, err := splitWords(line); err == nil {
			t.Errorf("%s is divided into %q", line, got)
		}
	}
}
