package netns

import (
	"strings"
	"testing"
)

func TestScriptsMayAskForWhatIsSoAlready(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.Script("-A -i web -P 81 -s phttp\n-a -i web -r r1:80 -w 5\n--add-rule -i web -p /x -r r1:80")
	before := o.Table()
	for _, call := range []string{
		"-A -i web", "-A -i web -P 81 -s phttp", "-a -i web -r r1:80", "-a -i web -r 192.168.0.11:80 -w 5", "--add-rule -i web -p /x -r r1:80",
		"-D -i two", "-d -i web -r r2", "-d -i two -r r1", "--del-rule -i web -p /y -r r1:80",
	} {
		if r := o.Call(fields(call)...); r.Status != 4 {
			t.Errorf("%s: status %d, %s; want 4", call, r.Status, r.Stderr)
		}
		o.Does(append(fields(call), "--if-needed")...)
	}
	o.Fails(4, `Service already exists: service "web" has not scheduler = http`, fields("-A -i web -s http --if-needed")...)
	o.Fails(4, `Destination already exists: server 192.168.0.11:80 of service "web" has weight 5, not 1`, fields("-a -i web -r r1:80 -w 1 --if-needed")...)
	o.Does("-e", "-i", "web", "-r", "r1:80") // keeps the weight
	if after := o.Table(); after != before || !strings.Contains(after, "192.168.0.11:80 5") {
		t.Errorf("the table is\n%s\nwant\n%s", after, before)
	}
	o.Fails(1, `Scheduler not found: "htpp", expected one of wlc, http, phttp, chttp, hhttp (did you mean "http"?)`, fields("-E -i web -s htpp")...)
}
