package netns

import (
	"strings"
	"testing"

	"ktcpvs/tests/netns/lab"
	"ktcpvs/tests/require"
)

// The reference's "Messages by errno", each provoked.

func TestRefusalsAreTheMessagesThatOperatorsKnow(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.Script(`
		-A -i web
		-a -i web -r r1:80
		--add-rule -i web -p /images/.* -r r1:80`)
	for _, c := range []struct{ call, message string }{
		{"-A -i web", `Service already exists: service "web"`},
		{"-A -i two -s nosuch", `Scheduler not found: "nosuch", expected one of wlc, http, phttp, chttp, hhttp`},
		{"-E -i web -s nosuch", `Scheduler not found: "nosuch", expected one of wlc, http, phttp, chttp, hhttp`},
		{"-E -i two -P 80", `No such service: service "two"`},
		{"-D -i two", `No such service: service "two"`},
		{"-a -i two -r r1", `Service not defined: service "two"`},
		{"-e -i two -r r1", `Service not defined: service "two"`},
		{"-d -i two -r r1", `Service not defined: service "two"`},
		{"-a -i web -r r1:80", `Destination already exists: server 192.168.0.11:80 of service "web"`},
		{"-e -i web -r r2:80", `No such destination: service "web" has no server 192.168.0.12:80`},
		{"-d -i web -r r2:80", `No such destination: service "web" has no server 192.168.0.12:80`},
		{"-d -i web -r r1:80", `Destination is busy (a rule uses it): server 192.168.0.11:80 is used by rule "/images/.*"`},
		{"--add-rule -i two -p x -r r1:80", `Service not defined: service "two"`},
		{"--add-rule -i web -p x -r r2:80", `No such destination: service "web" has no server 192.168.0.12:80`},
		{"--del-rule -i web -p x -r r1:80", `No such rule: service "web" has no rule "x"`},
		{"--start -i two", `No such service: service "two"`},
		{"--stop -i two", `No such service: service "two"`},
		{"-L -i two", `No such service: service "two"`},
	} {
		status := 4
		if strings.HasPrefix(c.message, "Scheduler not found") || strings.HasPrefix(c.message, "Destination is busy") {
			status = 1
		}
		o.Fails(status, c.message, fields(c.call)...)
	}
	// A rule that can be written, and is more than the daemon will compile: EINVAL.
	before := o.Table()
	r := o.Call("--add-rule", "-i", "web", "-p", tooComplex, "-r", "r1:80")
	if r.Status != 1 || !strings.HasPrefix(r.Stderr, `tcpvsadm: Module is wrong version: service "web": pattern "`+tooComplex) || o.Table() != before {
		t.Errorf("status %d, %s", r.Status, r.Stderr)
	}
}

// tooComplex is an expression of 128 bytes that unrolls to 30,000 nodes.
var tooComplex = "(" + strings.Repeat("[^a]", 30) + "){1000}"

func TestWithoutADaemonTheModuleIsNotLoaded(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	const message = "tcpvsadm: The ktcpvs module not loaded: no ktcpvsd in this network namespace\n"
	elsewhere := o.Through("unshare", "-n")
	alone := lab.NewHost(t, "alone").Operator()
	for _, call := range []string{"", "-L", "-A -i web", "-F", "--start", "--modules", "-S"} {
		for where, asker := range map[string]*lab.Operator{"another network namespace": elsewhere, "a host without a daemon": alone} {
			if r := asker.Call(fields(call)...); r.Status != 3 || r.Stderr != message || r.Stdout != "" {
				t.Errorf("from %s: tcpvsadm %s: status %d, %q%s", where, call, r.Status, r.Stderr, r.Stdout)
			}
		}
	}
	o.Has("")
}

func TestOthersThanRootAreDenied(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	const message = "tcpvsadm: Permission denied (you must be root): asking ktcpvsd takes CAP_NET_ADMIN\n"
	require.Tool(t, "setpriv")
	for who, asker := range map[string]*lab.Operator{
		"nobody":                     o.Through("setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"),
		"root without CAP_NET_ADMIN": o.Through("setpriv", "--bounding-set=-net_admin", "--inh-caps=-net_admin"),
	} {
		for _, call := range []string{"", "-A -i web", "-F", "--stop"} {
			r := asker.Call(fields(call)...)
			if r.Status != 1 || r.Stdout != "" || r.Stderr != message {
				t.Errorf("%s: tcpvsadm %s: status %d, %q%s", who, call, r.Status, r.Stderr, r.Stdout)
			}
		}
	}
	o.Has("")
}

func TestNamesThatDoNotResolveAreNamed(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.Does("-A", "-i", "web")
	for call, message := range map[string]string{
		"-a -i web -r nosuch:80":    `tcpvsadm: host "nosuch" does not resolve: `,
		"-A -i two -l nosuch":       `tcpvsadm: host "nosuch" does not resolve: `,
		"-a -i web -r r1:nosuch":    `tcpvsadm: service "nosuch" does not resolve: `,
		"-A -i two -l r1:webcaches": `tcpvsadm: service "webcaches" does not resolve: `,
	} {
		r := o.Call(fields(call)...)
		if r.Status != 1 || !strings.HasPrefix(r.Stderr, message) || strings.Count(r.Stderr, "\n") != 1 {
			t.Errorf("tcpvsadm %s: status %d, %q", call, r.Status, r.Stderr)
		}
	}
	o.Has(virtual("web", "0.0.0.0:8080", "http"))
}
