package netns

import (
	"strings"
	"testing"
)

// What is wrong is refused with what to write instead, and changes nothing.

func TestWhatCannotBeMeantIsRefusedWithWhatToWrite(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.Script(`
		-A -i web -l 10.0.0.1:80
		-A -i all -l 0.0.0.0:80
		-A -i one
		-A -i two
		-a -i web -r r1:80
		--start -i one`)
	for _, c := range []struct {
		status        int
		call, message string
	}{
		{2, "-a -i web -r fd00::1:80", `option --real-server (-r) with command --add-server (-a): "fd00::1:80" may end in a port or not: write [fd00::1]:80, or [fd00::1:80] for the address alone`},
		{2, "--add-rule -i web -r r1:80 --header X-A=b", `option --header with command --add-rule is "X-A=b": name has "=" at byte 3, expected a token; write NAME or NAME:EXPRESSION`},
		{2, "--add-rule -i web -r r1:80 --header X-A:", `option --header with command --add-rule is "X-A:": no expression follows; write NAME or NAME:EXPRESSION`},
		{2, `--add-rule -i web -r r1:80 -p ^/(?!admin)`, `option --pattern (-p) with command --add-rule is "^/(?!admin)": "(?!" at byte 2 is not part of POSIX extended expressions: give what is to be left out a rule of its own, which is added later and so tried first`},
		{2, `--add-rule -i web -r r1:80 -p /\d+`, `option --pattern (-p) with command --add-rule is "/\\d+": "\d" at byte 1 is not part of POSIX extended expressions: write [0-9]`},
		{2, "-a -i web -r 224.0.0.5:80", "option --real-server (-r) with command --add-server (-a): 224.0.0.5 is a multicast address, expected that of one real server"},
		{2, "-a -i web -r [::]:80", "option --real-server (-r) with command --add-server (-a): :: is no machine's address, expected that of a real server (127.0.0.1 or ::1 for this machine)"},
		{4, "--load-module foo", `Scheduler not found: "foo", expected one of wlc, http, phttp, chttp, hhttp`},
		{1, "-A -i new -l 10.0.0.1:80", `Address already in use: service "new": 10.0.0.1:80 is where service "web" listens: give one of them another address`},
		{1, "-E -i one -l 10.0.0.1 -P 80", `Address already in use: service "one": 10.0.0.1:80 is where service "web" listens: give one of them another address`},
		{1, "--start -i two", `Address already in use: service "two": 0.0.0.0:8080 is where service "one" listens: give one of them another address`},
	} {
		o.Fails(c.status, c.message, fields(c.call)...)
	}
	for configuration, message := range map[string]string{
		"virtual a { listen = 10.0.0.1:81 } virtual b { listen = 10.0.0.1:81 }":                 `expected another address than that of virtual service "a", found "10.0.0.1:81"`,
		"virtual a { listen = 10.0.0.1:81 redirect = 10.0.0.1:81 }":                             `Module is wrong version: service "a": 10.0.0.1:81 is where the service itself listens (10.0.0.1:81), so that a connection would come back for ever: give another address`,
		"virtual a { listen = 0.0.0.0:81 scheduler = wlc redirect = 127.0.0.1:81 }":             `Module is wrong version: service "a": 127.0.0.1:81 is where the service itself listens (0.0.0.0:81), so that a connection would come back for ever: give another address`,
		"virtual a { server = 255.255.255.255:80 }":                                             "expected a real server's address, found \"255.255.255.255:80\" (255.255.255.255 is the broadcast address, expected that of one real server)",
		`virtual a { server = r1:80 rule = pattern "/\w" use server r1:80 }`:                    `expected an extended regular expression, found "/\\w" ("\w" at byte 1 is not part of POSIX extended expressions: write [A-Za-z0-9_])`,
		`virtual a { server = r1:80 rule = header "X-A:" use server r1:80 }`:                    `expected a header's name, without ":", found "X-A:" (name has ":" at byte 3, expected a token)`,
		"virtual a { state = running } virtual b { state = running listen = 0.0.0.0:webcache }": `Address already in use: service "b": 0.0.0.0:8080 is where service "a" listens: give one of them another address`,
	} {
		o.refusesFile(t, configuration, message)
	}
}

func TestWhatCanHardlyBeMeantIsWarnedOf(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	name := o.File(`virtual web { listen = 10.0.0.1:80 server = r1:80
		rule = pattern "^/images/.*\.png$" use server r1:80
		rule = pattern "^images" use server r1:80
		rule = pattern "^/[a-z]+/" use server r1:80 }
		virtual any { listen = 10.0.0.1:81 server = r1:80 scheduler = wlc }`)
	hidden := ": service \"web\": no request gets to this rule: rule pattern \"^/[a-z]+/\" (line 4) takes all that it would\n"
	never := ": service \"web\": no request is like this rule: nothing that can be asked for has such a URI\n"
	blind := "service \"any\": its scheduler, wlc, looks at no request: rules mean nothing to it\n"
	for _, c := range []struct {
		call   string
		stderr []string
	}{
		{"-f " + name + " --check", []string{name + ":2:10" + hidden, name + ":3:10" + never}},
		{"-f " + name, []string{name + ":2:10" + hidden, name + ":3:10" + never}},
		{"--add-rule -i any -p /a -r r1:80", []string{blind}},
		{"--add-rule -i web --method get -r r1:80", []string{"method get has small letters, and methods are compared letter by letter: GET may be meant\n"}},
	} {
		before := o.Table()
		r := o.Call(fields(c.call + " --strict")...)
		if want := "tcpvsadm: " + strings.Join(c.stderr, "tcpvsadm: "); r.Status != 1 || r.Stderr != want || o.Table() != before {
			t.Errorf("%s --strict: status %d, %s\nwant status 1, %sand the table as it was", c.call, r.Status, r.Stderr, want)
		}
		r = o.Call(fields(c.call)...)
		if want := "tcpvsadm: warning: " + strings.Join(c.stderr, "tcpvsadm: warning: "); r.Status != 0 || r.Stderr != want {
			t.Errorf("%s: status %d, %s\nwant status 0, %s", c.call, r.Status, r.Stderr, want)
		}
	}
}

// refusesFile has the message behind its place, whichever that is.
func (o *office) refusesFile(t *testing.T, configuration, message string) {
	t.Helper()
	before, name := o.Table(), o.File(configuration)
	r := o.Call("-f", name)
	if r.Status != 1 || !strings.HasPrefix(r.Stderr, "tcpvsadm: "+name+":1:") || !strings.Contains(r.Stderr, message) || r.Stdout != "" {
		t.Errorf("-f of %s: status %d, %q%s\nwant status 1 and %q", configuration, r.Status, r.Stderr, r.Stdout, message)
	}
	if after := o.Table(); after != before {
		t.Errorf("-f of %s was refused, and made of\n%s\nthis:\n%s", configuration, before, after)
	}
}
