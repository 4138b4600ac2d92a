package netns

import (
	"strings"
	"testing"

	"ktcpvs/proto"
	"ktcpvs/tests/netns/lab"
)

func TestListingIsTheReferencesBlock(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.Load(`virtual web { scheduler = hhttp redirect = localhost:80 server = 192.168.0.21:80 1
		rule = pattern "/users/([^/]+)/.*" match 1 use server 192.168.0.21:80 }`)
	want := lab.Dedent(`
		TCP Virtual Server version ` + proto.Version + `
		Virtual web {
		    listen = 0.0.0.0:webcache
		    scheduler = hhttp
		    startservers = 8
		    maxclients = 65535
		    minspareservers = 6
		    maxspareservers = 18
		    redirect = localhost:www
		    server = 192.168.0.21:www 1
		    rule = pattern "/users/([^/]+)/.*" match 1 use server 192.168.0.21:www
		}
		`)
	for _, call := range []string{"", "-L", "--list", "-L -i web", "--list --ident=web"} {
		if got := o.Does(fields(call)...); got != want {
			t.Errorf("tcpvsadm %s prints\n%s\nwant\n%s", call, got, want)
		}
	}
	numbers := strings.NewReplacer("webcache", "8080", "localhost:www", "127.0.0.1:80", "www", "80").Replace(want)
	for _, call := range []string{"-Ln", "-L -n", "--list --numeric", "-L -n -i web", "-Lniweb"} {
		if got := o.Does(fields(call)...); got != numbers {
			t.Errorf("tcpvsadm %s prints\n%s\nwant\n%s", call, got, numbers)
		}
	}
}

func TestListingPrintsTheNamesOfTheSystem(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.Script(`
		-A -i web -l localhost:www
		-a -i web -r 192.168.0.11:80
		-a -i web -r 192.168.0.12:81
		-a -i web -r 192.168.0.99:8080
		-a -i web -r [fd00::6]:80
		-a -i web -r [fd00::7]:80`)
	got := o.Does("-L")
	for _, line := range []string{
		"listen = localhost:www", "server = r1:www 1", "server = r2:81 1",
		"server = 192.168.0.99:webcache 1", "server = six:www 1", "server = [fd00::7]:www 1",
	} {
		if !strings.Contains(got, "    "+line+"\n") {
			t.Errorf("expected %q in\n%s", line, got)
		}
	}
}

func TestListingIsNewestFirst(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.Script(`
		-A -i first -P 81
		-A -i second -P 82
		-a -i first -r 10.0.0.1:80
		-a -i first -r 10.0.0.2:80
		--add-rule -i first -p .* -r 10.0.0.1:80
		--add-rule -i first -p a -r 10.0.0.1:80
		--add-rule -i first -p ^/.* -r 10.0.0.1:80
		--add-rule -i first -p b -r 10.0.0.1:80
		--add-rule -i first -p a -r 10.0.0.2:80`)
	o.Has(virtual("second", "0.0.0.0:82", "http") + virtual("first", "0.0.0.0:81", "http",
		"server = 10.0.0.2:80 1", "server = 10.0.0.1:80 1",
		`rule = pattern "b" use server 10.0.0.1:80`,
		`rule = pattern "a" use server 10.0.0.2:80`,
		`rule = pattern "a" use server 10.0.0.1:80`,
		`rule = pattern ".*" use server 10.0.0.1:80`,
		`rule = pattern "^/.*" use server 10.0.0.1:80`))
}

func TestMatchIsListedForHhttpOnly(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.Script(`
		-A -i web
		-a -i web -r 10.0.0.1:80
		--add-rule -i web -p /([a-z]*) -m 1 -r 10.0.0.1:80`)
	for _, scheduler := range []string{"wlc", "http", "phttp", "chttp", "hhttp"} {
		o.Does("-E", "-i", "web", "-s", scheduler)
		match := ""
		if scheduler == "hhttp" {
			match = " match 1"
		}
		o.Has(virtual("web", "0.0.0.0:8080", scheduler, "server = 10.0.0.1:80 1",
			`rule = pattern "/([a-z]*)"`+match+` use server 10.0.0.1:80`))
	}
}
