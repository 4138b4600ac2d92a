package main

import (
	"fmt"
	"net/netip"
	"reflect"
	"strings"
	"testing"

	"ktcpvs/proto"
)

// prepared is an operator with service web, its server and its rule.
func prepared(t *testing.T) *operator {
	o := newOperator(t)
	o.does("-Ai", "web", "-l", "10.0.0.9:81")
	o.does("-ai", "web", "-r", "10.0.0.1:80")
	o.does("--add-rule", "-i", "web", "-p", "/x", "-r", "10.0.0.1:80")
	return o
}

func TestValuesAtTheirBoundsAreTaken(t *testing.T) {
	o := prepared(t)
	for _, port := range []string{"1", "65534"} {
		o.does("-E", "-i", "web", "-P", port)
		if got := fmt.Sprint(o.daemon.Table()[0].Service.Listen.Port()); got != port {
			t.Errorf("port is %s, want %s", got, port)
		}
	}
	for _, weight := range []string{"0", "65535"} {
		o.does("-e", "-i", "web", "-r", "10.0.0.1:80", "-w", weight)
		if got := fmt.Sprint(o.daemon.Table()[0].Dests[0].Weight); got != weight {
			t.Errorf("weight is %s, want %s", got, weight)
		}
	}
	for _, match := range []string{"0", "10"} {
		o.does("--add-rule", "-i", "web", "-p", "/"+match, "-r", "10.0.0.1:80", "-m", match)
		if got := fmt.Sprint(o.daemon.Table()[0].Rules[0].Match); got != match {
			t.Errorf("match is %s, want %s", got, match)
		}
	}
	for _, scheduler := range []string{"wlc", "http", "phttp", "chttp", "hhttp"} {
		o.does("-E", "-i", "web", "-s", scheduler)
		if got := o.daemon.Table()[0].Service.Scheduler; got != scheduler {
			t.Errorf("scheduler is %s, want %s", got, scheduler)
		}
	}
	for _, length := range []int{1, 255} {
		pattern := strings.Repeat("y", length)
		o.does("--add-rule", "-i", "web", "--pattern", pattern, "-r", "10.0.0.1:80")
		if got := o.daemon.Table()[0].Rules[0].Pattern; got != pattern {
			t.Errorf("pattern is %s, want %s", got, pattern)
		}
	}
	for _, name := range []string{"a", "abcdefghijklmno"} {
		o.does("-A", "-i", name)
		if got := o.daemon.Table()[0].Service.Name; got != name {
			t.Errorf("name is %s, want %s", got, name)
		}
	}
}

func TestAddressesInAllTheirForms(t *testing.T) {
	o := prepared(t)
	for text, want := range map[string]string{
		"10.0.0.2:8000":      "10.0.0.2:8000",
		"10.0.0.3":           "10.0.0.3:81",
		"[::1]:80":           "[::1]:80",
		"[2001:db8::1]":      "[2001:db8::1]:81",
		"2001:db8::2":        "[2001:db8::2]:81",
		"localhost:82":       "127.0.0.1:82",
		"localhost":          "127.0.0.1:81",
		"10.0.0.4:http":      "10.0.0.4:80",
		"[::ffff:1.2.3.4]:5": "1.2.3.4:5",
	} {
		o.does("-a", "-i", "web", "-r", text)
		if got := o.daemon.Table()[0].Dests[0].Addr; got != netip.MustParseAddrPort(want) {
			t.Errorf("-r %s adds %v, want %s", text, got, want)
		}
	}
	for text, want := range map[string]string{"[::]:http": "[::]:80", "localhost": "127.0.0.1:80", "0.0.0.0:9": "0.0.0.0:9"} {
		o.does("-E", "-i", "web", "-P", "80")
		o.does("-E", "-i", "web", "-l", text)
		if got := o.daemon.Table()[0].Service.Listen; got != netip.MustParseAddrPort(want) {
			t.Errorf("-l %s listens at %v, want %s", text, got, want)
		}
	}
}

func TestValuesThatWillNotDo(t *testing.T) {
	o := prepared(t)
	const service, server, rule = "-A -i two", "-a -i web -r 10.0.0.2:80", "--add-rule -i web -r 10.0.0.1:80"
	for args, want := range map[string]string{
		service + " --maxclients 0":                          `option --maxclients with command --add-service (-A) is "0": expected a number from 1 to 65535`,
		service + " --startservers 65536":                    `option --startservers with command --add-service (-A) is "65536": expected a number from 1 to 65535`,
		service + " --startservers 9 --maxclients 8":         `command --add-service (-A): startservers is 9, expected no more than maxclients, which is 8`,
		service + " --minspareservers 3 --maxspareservers 2": `command --add-service (-A): minspareservers is 3, expected no more than maxspareservers, which is 2`,
		service + " -P 0":                                    `option --port (-P) with command --add-service (-A) is "0": expected a number from 1 to 65534`,
		service + " -P 65535":                                `option --port (-P) with command --add-service (-A) is "65535": expected a number from 1 to 65534`,
		service + " -P http":                                 `option --port (-P) with command --add-service (-A) is "http": expected a number from 1 to 65534`,
		service + " -P -1":                                   `option --port (-P) with command --add-service (-A) is "-1": expected a number from 1 to 65534`,
		service + " --via a:80":                              `option --via with command --add-service (-A) is "a:80": via has ":" at byte 1, expected a token`,
		service + " --allow-loop yes":                        `option --allow-loop with command --add-service (-A) is "yes": expected on or off`,
		service + " -l :80":                                  `option --listen (-l) with command --add-service (-A): ":80" has no host`,
		service + " -l ::1:80:":                              `option --listen (-l) with command --add-service (-A): "::1:80:" has no host`,
		service + " -l 10.0.0.9:80 -P 80":                    `option --port (-P) with command --add-service (-A) is "80": --listen (-l) gives a port too`,
		"-E -i web -l 10.0.0.9:0":                            `option --listen (-l) with command --edit-service (-E): port "0" is not in 1..65535`,
		server + " -w 65536":                                 `option --weight (-w) with command --add-server (-a) is "65536": expected a number from 0 to 65535`,
		server + " -w -1":                                    `option --weight (-w) with command --add-server (-a) is "-1": expected a number from 0 to 65535`,
		server + " --weight=":                                `option --weight (-w) with command --add-server (-a) is "": expected a number from 0 to 65535`,
		"-e -i web -r 10.0.0.1:80 -w x":                      `option --weight (-w) with command --edit-server (-e) is "x": expected a number from 0 to 65535`,
		"-d -i web -r 10.0.0.1:65536":                        `option --real-server (-r) with command --delete-server (-d): port "65536" is not in 1..65535`,
		"-a -i web -r [::1":                                  `option --real-server (-r) with command --add-server (-a): "[::1" has no closing bracket`,
		rule + " -p /x -m 11":                                `option --match (-m) with command --add-rule is "11": expected a number from 0 to 10`,
		rule + " -p /(":                                      `option --pattern (-p) with command --add-rule is "/(": missing closing ): "/("`,
		rule + " --host [":                                   `option --host with command --add-rule is "[": missing closing ]: "["`,
		rule + " --source 10.0.0.1/8":                        `option --source with command --add-rule: source 10.0.0.1/8 has bits set past its length, expected 10.0.0.0/8`,
		rule + " --source client":                            `option --source with command --add-rule: "client" is no address`,
		rule + " --cookie a=[":                               `option --cookie with command --add-rule is "a=[": missing closing ]: "["`,
		rule + " --path /(":                                  `option --path with command --add-rule is "/(": missing closing ): "/("`,
		rule + " --prefix x/":                                `option --prefix with command --add-rule is "x/": it does not begin with "/", as all paths do`,
		rule + " --prefix /é":                                `option --prefix with command --add-rule is "/é": path-prefix has "é" at byte 1, expected visible ASCII without "?" and "#"`,
		rule + " --path /a -p /b":                            `options --pattern (-p) and --path with command --add-rule exclude one another: a rule asks one thing of the URI`,
		rule + " --host a --ignore-case":                     `option --ignore-case with command --add-rule needs --pattern (-p), --path or --prefix`,
		"--del-rule -i web --number 1 --ignore-case":         `option --number with command --del-rule stands for the conditions, but option --ignore-case is given`,
		"--nlport 0 -L":                                      `--nlport (or KTCPVS_NLPORT) is "0", expected a netlink port id from 1 to 4294967295`,
		"-L --nlport 4294967296":                             `--nlport (or KTCPVS_NLPORT) is "4294967296", expected a netlink port id from 1 to 4294967295`,
	} {
		o.fails(exitUsage, want, strings.Fields(args)...)
	}
	for _, args := range [][]string{
		{"-A", "-i", ""}, {"-A", "--ident="}, {"-A", "-i", "abcdefghijklmnop"}, {"-A", "-i", "a b"}, {"-A", "-i", "two", "-s", ""},
		{"--start", "-i", ""}, {"--stop", "--ident="}, {"-Z", "-i", ""}, {"-L", "-i", ""}, {"-D", "-i", "a\nb"},
		{"--add-rule", "-i", "web", "-r", "10.0.0.1:80", "-p", ""},
		{"--add-rule", "-i", "web", "-r", "10.0.0.1:80", "-p", strings.Repeat("y", 256)},
		{"--add-rule", "-i", "web", "-r", "10.0.0.1:80", "--method", "G T"},
		{"--add-rule", "-i", "web", "-r", "10.0.0.1:80", "--header", ": x"},
		{"--add-rule", "-i", "web", "-r", "10.0.0.1:80", "--header", "X-A:"},
		{"--add-rule", "-i", "web", "-r", "10.0.0.1:80", "--query", "=x"},
		append([]string{"--add-rule", "-i", "web", "-r", "10.0.0.1:80"}, strings.Fields(strings.Repeat("--header A ", 17))...),
	} {
		r := o.call(args...)
		option := args[len(args)-2]
		option, _, _ = strings.Cut(strings.Replace(option, "--start", "-i", 1), "=")
		if strings.HasPrefix(args[len(args)-1], "--ident") {
			option = "--ident"
		}
		if r.status != exitUsage || !strings.Contains(r.stderr, option) || !strings.Contains(r.stderr, " with command "+args[0][:2]) && !strings.Contains(r.stderr, "("+args[0]+")") {
			t.Errorf("tcpvsadm %q: status %d, %s", args, r.status, r.stderr)
		}
	}
}

func TestNamesThatDoNotResolveAreNoUsageError(t *testing.T) {
	o := prepared(t)
	o.fails(exitFailed, `service "no-such-service" does not resolve: unknown port`, "-A", "-i", "two", "-l", "10.0.0.1:no-such-service")
	r := o.call("-a", "-i", "web", "-r", "no-such-host.invalid:80")
	if r.status != exitFailed || !strings.HasPrefix(r.stderr, `tcpvsadm: host "no-such-host.invalid" does not resolve: `) {
		t.Errorf("status %d, %s", r.status, r.stderr)
	}
}

func TestConditionsOfARule(t *testing.T) {
	o := prepared(t)
	o.does("--add-rule", "-i", "web", "-r", "10.0.0.1:80", "-p", "^/a,b", "--host", `^www\.`, "--method", "PUT", "--source", "10.0.0.0/8",
		"--header", "X-A", "--header", "Accept: text/(html|plain), x", "--cookie", "beta=^1=2", "--cookie", "c", "--query=q", "--query=q=x:y")
	want := proto.Conditions{
		Pattern: "^/a,b", Host: `^www\.`, Method: "PUT", Source: netip.MustParsePrefix("10.0.0.0/8"),
		Headers: []proto.NamedPattern{{Name: "X-A"}, {Name: "Accept", Pattern: "text/(html|plain), x"}},
		Cookies: []proto.NamedPattern{{Name: "beta", Pattern: "^1=2"}, {Name: "c"}},
		Queries: []proto.NamedPattern{{Name: "q"}, {Name: "q", Pattern: "x:y"}},
	}
	if got := o.daemon.Table()[0].Rules[0].Conditions; !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v\nwant %+v", got, want)
	}
	for _, alone := range [][]string{{"--path", "^/a"}, {"--path", "^/a", "--ignore-case"}, {"--prefix", "/a"}, {"--prefix=/a", "--ignore-case"},
		{"-p", "^/a", "--ignore-case"}, {"--host", "x"}, {"--method", "GET"}, {"--header", "X-B"}, {"--cookie", "d"}, {"--query", "e"}, {"--source", "::1"}} {
		before := o.does("-S")
		o.does(append([]string{"--add-rule", "-i", "web", "-r", "10.0.0.1:80"}, alone...)...)
		if o.does("-S") == before {
			t.Errorf("a rule with %q alone is not there", alone)
		}
		o.does(append([]string{"--del-rule", "-i", "web", "-r", "10.0.0.1:80"}, alone...)...)
		if after := o.does("-S"); after != before {
			t.Errorf("a rule with %q alone does not go:\n%s", alone, after)
		}
	}
}

func TestAServiceListensAtSeveralAddresses(t *testing.T) {
	o := newOperator(t)
	listens := func(want string, args ...string) {
		t.Helper()
		o.does(args...)
		var got []string
		for _, addr := range o.daemon.Table()[0].Service.Listens() {
			got = append(got, addr.String())
		}
		if strings.Join(got, " ") != want {
			t.Errorf("%q: it listens at %s, want %s", args, got, want)
		}
	}
	listens("10.0.0.1:80 [fd00::1]:81", "-A", "-i", "a", "-l", "10.0.0.1:80", "--listen=[fd00::1]:81")
	listens("10.0.0.2:8080 10.0.0.3:82 10.0.0.4:8080", "-A", "-i", "b", "-l", "10.0.0.2", "-l", "10.0.0.3:82", "-l", "10.0.0.4")
	listens("10.0.0.5:90 10.0.0.6:82", "-A", "-i", "c", "-P", "90", "-l", "10.0.0.5", "-l", "10.0.0.6:82")
	listens("10.0.0.6:82 10.0.0.7:82", "-E", "-i", "c", "-l", "10.0.0.6:82", "-l", "10.0.0.7")
	listens("10.0.0.6:82 10.0.0.7:82", "-E", "-i", "c", "-s", "wlc")
	o.fails(exitFailed, `Module is wrong version: service "c": a port alone, and the service has 2 listen addresses: give all of them`, "-E", "-i", "c", "-P", "83")
	listens("10.0.0.8:82", "-E", "-i", "c", "-l", "10.0.0.8")
	listens("10.0.0.8:83", "-E", "-i", "c", "-P", "83")
	const wrong = "option --listen (-l) with command --edit-service (-E): "
	o.fails(exitUsage, wrong+"10.0.0.1:80 is given twice", "-E", "-i", "c", "-l", "10.0.0.1:80", "-l", "10.0.0.2:80", "-l", "[::ffff:10.0.0.1]:80")
	o.fails(exitUsage, wrong+"10.0.0.1 is given twice", "-E", "-i", "c", "-l", "10.0.0.1", "-l", "10.0.0.1")
	o.fails(exitUsage, `option --port (-P) with command --edit-service (-E) is "80": --listen (-l) gives a port too`, "-E", "-i", "c", "-P", "80", "-l", "10.0.0.1:80", "-l", "10.0.0.2:80")
	words := []string{"-E", "-i", "c"}
	for port := range 33 {
		words = append(words, "-l", fmt.Sprintf("10.0.0.1:%d", 1000+port))
	}
	o.fails(exitUsage, wrong+"33 addresses, expected 32 at most", words...)
	o.does("-A", "-i", "b", "-l", "10.0.0.3:82", "-l", "10.0.0.2:8080", "-l", "10.0.0.4:8080", "--if-needed")
	o.fails(exitAlready, `Service already exists: service "b" has listen = 10.0.0.4:8080, too`, "-A", "-i", "b", "-l", "10.0.0.2:8080", "-l", "10.0.0.3:82", "--if-needed")
	o.fails(exitAlready, `Service already exists: service "b" has not listen = 10.0.0.9:80`, append(strings.Fields("-A -i b -l 10.0.0.2 -l 10.0.0.3:82 -l 10.0.0.4"), "-l", "10.0.0.9:80", "--if-needed")...)
	if got, want := o.does("-L", "-n", "--stats"), "b 10.0.0.2:8080,10.0.0.3:82,10.0.0.4:8080 "; !strings.Contains(got, want) {
		t.Errorf("the counters are\n%s\nwant %q in it", got, want)
	}
	if got, want := o.does("-L", "-n", "--rules"), "\na 10.0.0.1:80,[fd00::1]:81\n"; !strings.Contains(got, want) {
		t.Errorf("the rules are\n%s\nwant %q in it", got, want)
	}
	if got, want := o.does("-L", "-n"), "\nVirtual a {\n    listen = 10.0.0.1:80\n    listen = [fd00::1]:81\n    scheduler = http\n"; !strings.Contains(got, want) {
		t.Errorf("the table is\n%s\nwant %q in it", got, want)
	}
}
