package main

import (
	"strings"
	"testing"

	"ktcpvs/proto"
)

// defaults are the lines of a listing that the tests' commands leave alone.
const defaults = `
	    startservers = 8
	    maxclients = 65535
	    minspareservers = 6
	    maxspareservers = 18`

func TestEachCommandInItsShortAndLongForm(t *testing.T) {
	service := func(name, listen, scheduler, rest string) string {
		return "Virtual " + name + " {\n    listen = " + listen + "\n    scheduler = " + scheduler + defaults + "\n" + rest + "}\n"
	}
	server := func(lines ...string) string { return "    " + strings.Join(lines, "\n    ") + "\n" }
	plain := service("web", "0.0.0.0:8080", "http", "")
	one := server("server = 10.0.0.1:80 1")
	for name, c := range map[string]struct {
		before [][]string
		forms  [][]string
		want   string
	}{
		"add service": {nil, [][]string{
			{"-A", "-i", "web"}, {"--add-service", "--ident", "web"}, {"--add-service", "--ident=web"}, {"-Ai", "web"}, {"-Aiweb"}, {"-A", "-iweb"},
		}, plain},
		"add service with all options": {nil, [][]string{
			{"-A", "-i", "web", "-s", "wlc", "-l", "10.0.0.9", "-P", "81"},
			{"-A", "-P81", "-l10.0.0.9", "-swlc", "-iweb"},
			{"--add-service", "--ident", "web", "--scheduler", "wlc", "--listen", "10.0.0.9:81"},
			{"--add-service", "--listen=10.0.0.9", "--scheduler=wlc", "--port=81", "--ident=web"},
		}, service("web", "10.0.0.9:81", "wlc", "")},
		"edit scheduler": {[][]string{{"-Ai", "web", "-P", "81"}}, [][]string{
			{"-E", "-i", "web", "-s", "phttp"}, {"--edit-service", "--ident", "web", "--scheduler", "phttp"}, {"-Eiweb", "-sphttp"},
		}, service("web", "0.0.0.0:81", "phttp", "")},
		"edit port": {[][]string{{"-Ai", "web", "-l", "10.0.0.9:81", "-s", "wlc"}}, [][]string{
			{"-E", "-i", "web", "-P", "82"}, {"-Ei", "web", "-P82"},
		}, service("web", "10.0.0.9:82", "wlc", "")},
		"edit address": {[][]string{{"-Ai", "web", "-l", "10.0.0.9:81"}}, [][]string{
			{"-E", "-i", "web", "-l", "10.0.0.8"}, {"--edit-service", "--ident", "web", "--listen=10.0.0.8"},
		}, service("web", "10.0.0.8:81", "http", "")},
		"add service with via and allow-loop": {nil, [][]string{
			{"-A", "-i", "web", "--via", "edge", "--allow-loop", "on"}, {"-Aiweb", "--allow-loop=ON", "--via=edge"},
		}, service("web", "0.0.0.0:8080", "http", "    via = edge\n    allow-loop = on\n")},
		"edit via and allow-loop": {[][]string{{"-Ai", "web", "--via=off", "--allow-loop=on"}}, [][]string{
			{"-E", "-i", "web", "--via", "on", "--allow-loop", "off"},
		}, plain},
		"edit nothing": {[][]string{{"-Ai", "web"}}, [][]string{{"-E", "-i", "web"}}, plain},
		"delete service": {[][]string{{"-Ai", "web"}, {"-Ai", "two"}}, [][]string{
			{"-D", "-i", "two"}, {"--delete-service", "--ident", "two"}, {"-Di", "two"},
		}, plain},
		"flush": {[][]string{{"-Ai", "web"}, {"-Ai", "two"}}, [][]string{{"-F"}, {"--flush"}}, ""},
		"add server": {[][]string{{"-Ai", "web"}}, [][]string{
			{"-a", "-i", "web", "-r", "10.0.0.1:80"}, {"--add-server", "--ident", "web", "--real-server", "10.0.0.1:80"}, {"-ai", "web", "-r10.0.0.1:80", "-w", "1"},
		}, service("web", "0.0.0.0:8080", "http", one)},
		"edit server": {[][]string{{"-Ai", "web"}, {"-ai", "web", "-r", "10.0.0.1:80"}}, [][]string{
			{"-e", "-i", "web", "-r", "10.0.0.1:80", "-w", "0"}, {"--edit-server", "--ident=web", "--real-server=10.0.0.1:80", "--weight=0"},
		}, service("web", "0.0.0.0:8080", "http", server("server = 10.0.0.1:80 0"))},
		"edit server without a weight": {[][]string{{"-Ai", "web"}, {"-ai", "web", "-r", "10.0.0.1:80", "-w", "9"}}, [][]string{
			{"-e", "-i", "web", "-r", "10.0.0.1:80"},
		}, service("web", "0.0.0.0:8080", "http", server("server = 10.0.0.1:80 9"))},
		"delete server": {[][]string{{"-Ai", "web"}, {"-ai", "web", "-r", "10.0.0.1:80"}}, [][]string{
			{"-d", "-i", "web", "-r", "10.0.0.1:80"}, {"--delete-server", "--ident", "web", "--real-server", "10.0.0.1:80"},
		}, plain},
		"add rule": {[][]string{{"-Ai", "web", "-s", "hhttp"}, {"-ai", "web", "-r", "10.0.0.1:80"}}, [][]string{
			{"--add-rule", "-i", "web", "-p", "/x/(.*)", "-r", "10.0.0.1:80", "-m", "1"},
			{"--add-rule", "-i", "web", "-p/x/(.*)", "-r", "10.0.0.1:80", "-m1"},
			{"--add-rule", "--ident", "web", "--pattern=/x/(.*)", "--real-server", "10.0.0.1:80", "--match", "1"},
		}, service("web", "0.0.0.0:8080", "hhttp", one+server(`rule = pattern "/x/(.*)" match 1 use server 10.0.0.1:80`))},
		"delete rule": {[][]string{{"-Ai", "web"}, {"-ai", "web", "-r", "10.0.0.1:80"}, {"--add-rule", "-i", "web", "-p", "/x", "-r", "10.0.0.1:80"}}, [][]string{
			{"--del-rule", "-i", "web", "-p", "/x", "-r", "10.0.0.1:80"}, {"--del-rule", "--ident=web", "--pattern=/x", "--real-server=10.0.0.1:80"},
		}, service("web", "0.0.0.0:8080", "http", one)},
	} {
		t.Run(name, func(t *testing.T) {
			o := newOperator(t)
			for _, form := range c.forms {
				o.does("-F")
				for _, args := range c.before {
					o.does(args...)
				}
				if out := o.does(form...); out != "" {
					t.Errorf("tcpvsadm %q prints %q", form, out)
				}
				o.has(c.want)
			}
		})
	}
}

func TestListInAllItsForms(t *testing.T) {
	o := newOperator(t)
	o.does("-Ai", "old", "-P", "81")
	o.does("-Ai", "new", "-P", "82")
	block := func(name, port string) string {
		return dedent("Virtual " + name + " {\n    listen = 0.0.0.0:" + port + "\n    scheduler = http" + defaults + "\n}\n")
	}
	const head = "TCP Virtual Server version " + proto.Version + "\n"
	both := head + block("new", "82") + block("old", "81")
	for _, args := range [][]string{{"-Ln"}, {"-L", "-n"}, {"--list", "--numeric"}, {"--list", "-n"}} {
		if got := o.does(args...); got != both {
			t.Errorf("%q prints\n%s\nwant\n%s", args, got, both)
		}
	}
	one := head + block("old", "81")
	for _, args := range [][]string{{"-Lni", "old"}, {"-Lniold"}, {"--list", "--ident", "old", "--numeric"}, {"-L", "-n", "--ident=old"}} {
		if got := o.does(args...); got != one {
			t.Errorf("%q prints\n%s\nwant\n%s", args, got, one)
		}
	}
	if short, long, none := o.does("-L"), o.does("--list"), o.does(); short != long || short != none || !strings.HasPrefix(none, head) {
		t.Errorf("-L, --list and no argument print\n%s%s%s", short, long, none)
	}
}

func TestStartAndStop(t *testing.T) {
	o := newOperator(t)
	o.does("-Ai", "one")
	o.does("-Ai", "two")
	running := func() (names string) {
		for _, v := range o.daemon.Table() {
			if v.Service.Running {
				names += v.Service.Name + " "
			}
		}
		return names
	}
	for _, step := range []struct {
		args []string
		want string
	}{
		{[]string{"--start", "-i", "one"}, "one "},
		{[]string{"--start", "--ident=two"}, "two one "},
		{[]string{"--stop", "-i", "one"}, "two "},
		{[]string{"--start"}, "two one "},
		{[]string{"--stop"}, ""},
	} {
		o.does(step.args...)
		if got := running(); got != step.want {
			t.Errorf("after %q %q run, want %q", step.args, got, step.want)
		}
	}
}

func TestTheSetupBlockOfTheOriginal(t *testing.T) {
	o := newOperator(t)
	for _, args := range [][]string{
		{"-A", "-i", "http", "-s", "http"},
		{"-a", "-i", "http", "-r", "10.0.0.1:80"},
		{"-a", "-i", "http", "-r", "10.0.0.2:80"},
		{"-a", "-i", "http", "-r", "10.0.0.3:80"},
		{"--add-rule", "-i", "http", "--pattern=/images/.*", "-r", "10.0.0.1:80"},
		{"--add-rule", "-i", "http", "--pattern=/html/.*", "-r", "10.0.0.2:80"},
		{"--add-rule", "-i", "http", "--pattern=.*", "-r", "10.0.0.3:80"},
	} {
		o.does(args...)
	}
	golden(t, "setup.golden", o.does("--list", "-n"))
	o.does("--start", "-i", "http")
	o.does("--stop", "-i", "http")
	o.does("-F")
	o.has("")
}
