package netns

import (
	"fmt"
	"strings"
	"testing"
)

// The configuration file of the reference's section 3.

func TestConfigurationFileIsUnderstoodAsItIsWritten(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	for _, c := range []struct{ file, want string }{
		{"virtual web { }", virtual("web", "0.0.0.0:8080", "http")},
		{"VIRTUAL web {\n\tLISTEN = localhost:www # ours\n\tScheduler\t=\twlc }", virtual("web", "127.0.0.1:80", "wlc")},
		{"virtual web {\n startservers = 1\n maxclients = 1\n minspareservers = 1\n maxspareservers = 1\n}",
			strings.NewReplacer("= 8\n", "= 1\n", "= 65535", "= 1", "= 6", "= 1", "= 18", "= 1").Replace(virtual("web", "0.0.0.0:8080", "http"))},
		{"virtual web {\n startservers = 65535\n maxclients = 65535\n minspareservers = 65535\n maxspareservers = 65535\n}",
			strings.NewReplacer("= 8\n", "= 65535\n", "= 6\n", "= 65535\n", "= 18", "= 65535").Replace(virtual("web", "0.0.0.0:8080", "http"))},
		{"virtual web { redirect = localhost:81 }", virtual("web", "0.0.0.0:8080", "http", "redirect = 127.0.0.1:81")},
		{"virtual web { server = r1:80 65535 server = r2:80 0 server = r3:80 server = [fd00::1]:80 2 }",
			virtual("web", "0.0.0.0:8080", "http", "server = [fd00::1]:80 2", "server = 192.168.0.13:80 1", "server = 192.168.0.12:80 0", "server = 192.168.0.11:80 65535")},
		{`virtual "web" { server = "r1:80" 1 rule = pattern "/a b\"c" use server r1:80 }`,
			virtual("web", "0.0.0.0:8080", "http", "server = 192.168.0.11:80 1", `rule = pattern "/a b\"c" use server 192.168.0.11:80`)},
		{"virtual web { scheduler = hhttp server = r1:80 1 rule = pattern /x/(.*) match 10 use server r1:80\nrule = pattern .* use server r1:80 }",
			virtual("web", "0.0.0.0:8080", "hhttp", "server = 192.168.0.11:80 1",
				`rule = pattern "/x/(.*)" match 10 use server 192.168.0.11:80`, `rule = pattern ".*" match 0 use server 192.168.0.11:80`)},
		{"virtual a { listen = 0.0.0.0:81 }\nvirtual b { listen = [::]:82 }", virtual("b", "[::]:82", "http") + virtual("a", "0.0.0.0:81", "http")},
	} {
		o.Load(c.file)
		if got := o.Table(); got != c.want {
			t.Errorf("the file\n%s\nmakes\n%s\nwant\n%s", c.file, got, c.want)
		}
	}
}

func TestWrongConfigurationNamesThePlaceAndChangesNothing(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.Load("virtual kept { server = r1:80 3 }")
	const keywords = `"listen", "scheduler", "startservers", "maxclients", "minspareservers", "maxspareservers", "redirect", "via", "allow-loop", "freebind", "v6only", "state", "server", "rule" or "}"`
	for file, complaint := range map[string]string{
		"virtuel web {}":                                                            `1:1: expected "virtual", "knobs" or "modules", found "virtuel" (did you mean "virtual"?)`,
		"virtual web {\n\n port }":                                                  `3:2: expected ` + keywords + `, found "port"`,
		"virtual web {":                                                             `1:14: expected ` + keywords + `, found the end of the file`,
		"virtual web { listen :1 }":                                                 `1:22: expected "=", found ":1"`,
		"virtual web {\n listen = r1:0\n}":                                          `2:11: expected host:port, found "r1:0" (port "0" is not in 1..65535)`,
		"virtual web { startservers = 0 }":                                          `1:30: expected a number from 1 to 65535, found "0"`,
		"virtual web { maxclients = 65536 }":                                        `1:28: expected a number from 1 to 65535, found "65536"`,
		"virtual web { minspareservers = x }":                                       `1:33: expected a number from 1 to 65535, found "x"`,
		"virtual web { maxspareservers = -1 }":                                      `1:33: expected a number from 1 to 65535, found "-1"`,
		"virtual web { server = r1:80 65536 }":                                      `1:30: expected a number from 0 to 65535, found "65536"`,
		"virtual web {\n startservers = 9\n maxclients = 8 }":                       `1:9: expected numbers that go together, found "web", in which startservers is 9, expected no more than maxclients, which is 8`,
		"virtual web { minspareservers = 3 maxspareservers = 2 }":                   `1:9: expected numbers that go together, found "web", in which minspareservers is 3, expected no more than maxspareservers, which is 2`,
		"virtual web { redirect = r1 }":                                             `1:26: expected host:port, with its port, found "r1"`,
		"virtual web { server = r1:nosuch 1 }":                                      `1:24: expected host:port, found "r1:nosuch" (service "nosuch" does not resolve: unknown port)`,
		"virtual web { rule = pattern x use server r1:80 }":                         `1:43: expected a server that virtual service "web" declares, found "r1:80"`,
		"virtual web { server = r1:80 rule = pattern ( use server r1:80 }":          `1:45: expected an extended regular expression, found "(" (missing closing ): "(")`,
		"virtual web { server = r1:80 rule = pattern x match 11 use server r1:80 }": `1:53: expected a number from 0 to 10, found "11"`,
		"virtual web { }\nvirtual web { }":                                          `2:9: expected another name than that of line 1, found "web"`,
		`virtual "web { }`:                                                          `1:9: expected a closing " on the same line, found the end of the file`,
		"virtual web { listen = r1:1 } }":                                           `1:31: expected "virtual", "knobs" or "modules", found "}"`,
	} {
		path := o.File(file)
		o.Fails(1, path+":"+complaint, "-f", path)
	}
	// All that is wrong is told at once.
	path := o.File("virtual web {\n  server = r1:80 1\n  scheduler = htpp\n  maxclient = 5\n}")
	o.Fails(1, path+`:3:15: expected one of wlc, http, phttp, chttp, hhttp, found "htpp" (did you mean "http"?)`+
		"\ntcpvsadm: "+path+`:4:3: expected `+keywords+`, found "maxclient" (did you mean "maxclients"?)`, "-f", path)
	// What only the daemon can find is traced back to its line too.
	path = o.File("virtual web {\n  via = off\n  server = 127.0.0.1:8080 1\n}")
	o.Fails(1, path+`:3:12: Module is wrong version: service "web": 127.0.0.1:8080 is where service "web" of this daemon listens (0.0.0.0:8080), and nothing would end a loop: set allow-loop = on if it is meant`, "-f", path)
	o.Fails(1, "open /nosuch/file: no such file or directory", "-f", "/nosuch/file")
}

func TestLoadingReplacesTheWholeTable(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.Load("virtual a { } virtual b { listen = 0.0.0.0:81 }")
	o.Load("virtual b { listen = 0.0.0.0:82 }")
	o.Has(virtual("b", "0.0.0.0:82", "http"))
	o.Does("--start", "-i", "b")
	o.Load("virtual c { }")
	o.Has(virtual("c", "0.0.0.0:8080", "http"))
}

func TestWhatIsSavedLoadsAsTheSameTable(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	var file strings.Builder
	for i, scheduler := range []string{"wlc", "http", "phttp", "chttp", "hhttp"} {
		fmt.Fprintf(&file, "virtual v%d { listen = [::1]:%d scheduler = %s maxclients = %d redirect = r1:%d\n", i, 9000+i, scheduler, 10+i, 80+i)
		for s := range 4 {
			fmt.Fprintf(&file, "server = 10.0.%d.%d:80 %d\n", i, s, s)
		}
		for r := range 6 {
			fmt.Fprintf(&file, "rule = pattern \"/%d/%d \\\" ([a-z]+)\" match %d use server 10.0.%d.%d:80\n", i, r/2, r/2%2, i, r%4)
		}
		fmt.Fprintf(&file, "rule = host \"^www\" method GET header X-A b cookie c source 10.0.0.0/8 use server 10.0.%d.1:80\nrule = pattern .* use server 10.0.%d.0:80\n}\n", i, i)
	}
	o.Load(file.String())
	want := o.Table()
	if n := strings.Count(want, "rule = "); n != 5*8 {
		t.Fatalf("%d rules in\n%s", n, want)
	}
	for _, save := range [][]string{{"-S"}, {"-Sn"}, {"--save", "--numeric"}} {
		saved := o.Does(save...)
		o.Does("-F")
		o.Load(saved)
		if got := o.Table(); got != want {
			t.Errorf("saved by %v and loaded, the table is\n%s\nwant\n%s", save, got, want)
		}
		o.Does("-F")
		o.Stdin = saved
		o.Does("--restore")
		o.Stdin = ""
		if got := o.Table(); got != want {
			t.Errorf("saved by %v and restored, the table is\n%s\nwant\n%s", save, got, want)
		}
	}
}

func TestTenThousandRulesLoadAndList(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	var file strings.Builder
	file.WriteString("virtual web {\nserver = r1:80\n")
	for i := range 10000 {
		fmt.Fprintf(&file, "rule = pattern \"^/shop/%d/[a-z]+\" use server r1:80\n", i)
	}
	file.WriteString("}\n")
	o.Load(file.String())
	list := strings.Split(o.Table(), "\n")
	if n := strings.Count(strings.Join(list, "\n"), "rule = "); n != 10000 {
		t.Fatalf("%d rules are listed", n)
	}
	if first := strings.TrimSpace(list[8]); first != `rule = pattern "^/shop/9999/[a-z]+" use server 192.168.0.11:80` {
		t.Errorf("the first rule is %s", first)
	}
	// A batch of which the last change fails leaves all of that.
	broken := strings.Replace(file.String(), "^/shop/9999/[a-z]+", tooComplex, 1)
	path := o.File(broken)
	r := o.Call("-f", path)
	if r.Status != 1 || !strings.HasPrefix(r.Stderr, "tcpvsadm: "+path+":10002:") {
		t.Errorf("status %d, %s", r.Status, r.Stderr)
	}
	if again := strings.Split(o.Table(), "\n"); len(again) != len(list) || again[8] != list[8] {
		t.Errorf("the table has changed: %d lines, %s", len(again), again[8])
	}
}
