package netns

import (
	"strings"
	"testing"
)

func TestABatchOfCommandsIsMadeAsOneOrNotAtAll(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	client := o.Operator.Connect(t)
	generation := func() uint64 {
		info, err := client.Info()
		if err != nil {
			t.Fatal(err)
		}
		return info.Generation
	}
	before := generation()
	o.Stdin = `# as in a script
tcpvsadm -A -i web -P 81 -s phttp
-a -i web -r r1:80 -w 2
-a -i web -r r2
--add-rule -i web -p '/a "b" c' -r r1:80
--load-module wlc
--knob read_timeout=99
--start -i web
`
	o.Does("--batch")
	if after := generation(); after != before+1 {
		t.Errorf("a batch makes generation %d of %d, want one more", after, before)
	}
	saved := o.Does("-Sn")
	for _, part := range []string{"read_timeout = 99", "    wlc\n", "    phttp\n", "state = running", "server = 192.168.0.12:81 1", `rule = pattern "/a \"b\" c" use server 192.168.0.11:80`} {
		if !strings.Contains(saved, part) {
			t.Errorf("%s is not in\n%s", part, saved)
		}
	}
	path := o.File("--stop\n-e -i web -r r1:80 -w 9\n--knob read_timeout=50\n-A -i new -s wlc\n\n-D -i nothing\n")
	o.Fails(4, path+`:6: No such service: service "nothing"`, "--batch", path)
	path = o.File("--stop\n--knob read_timeout=0\n")
	o.Fails(1, path+`:2: Value out of range: read_timeout is 0, expected 1 to 604800`, "--batch", path)
	if after := o.Does("-Sn"); after != saved {
		t.Errorf("refused batches make of\n%s\nthis:\n%s", saved, after)
	}
	o.Stdin = "-A -i web --if-needed\n-d -i web -r r3:80 --if-needed\n-a -i web -r r3:80 --if-needed\n"
	o.Does("--batch")
	o.Stdin = "--add-rule -i web -p /b -r r3:80 --at 1\n--move-rule 2 1 -i web\n--del-rule -i web --number 2\n-e -i web -r r1:80\n"
	o.Does("--batch")
	if after := o.Table(); strings.Count(after, "rule =") != 1 || !strings.Contains(after, "192.168.0.11:80 2") {
		t.Errorf("after commands by the numbers of rules the table is\n%s", after)
	}
	if after := o.Table(); !strings.Contains(after, "server = 192.168.0.13:80 1") {
		t.Errorf("r3 is not in\n%s", after)
	}
}
