package netns

import (
	"strings"
	"testing"

	"ktcpvs/proto"
)

// The commands and options of the reference's section 2, by what they make of
// the daemon's table.

func TestEachCommandChangesTheTableAsItSays(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	file := o.File("virtual f {\n}\n")
	for _, step := range []struct{ call, want string }{
		{"-A -i web", virtual("web", "0.0.0.0:8080", "http")},
		{"--add-service --ident two --scheduler wlc --port 81", virtual("two", "0.0.0.0:81", "wlc") + virtual("web", "0.0.0.0:8080", "http")},
		{"-D -i web", virtual("two", "0.0.0.0:81", "wlc")},
		{"-E -i two -s phttp", virtual("two", "0.0.0.0:81", "phttp")},
		{"-E -i two -P 82", virtual("two", "0.0.0.0:82", "phttp")},
		{"-E -i two -l 127.0.0.1", virtual("two", "127.0.0.1:82", "phttp")},
		{"--edit-service --ident=two --listen=localhost:webcache --scheduler=hhttp", virtual("two", "127.0.0.1:8080", "hhttp")},
		{"-a -i two -r r1", virtual("two", "127.0.0.1:8080", "hhttp", "server = 192.168.0.11:8080 1")},
		{"--add-server --ident two --real-server r2:www --weight 7", virtual("two", "127.0.0.1:8080", "hhttp",
			"server = 192.168.0.12:80 7", "server = 192.168.0.11:8080 1")},
		{"-e -i two -r r1 -w 0", virtual("two", "127.0.0.1:8080", "hhttp",
			"server = 192.168.0.12:80 7", "server = 192.168.0.11:8080 0")},
		{"--edit-server --ident two --real-server r2:80", virtual("two", "127.0.0.1:8080", "hhttp",
			"server = 192.168.0.12:80 7", "server = 192.168.0.11:8080 0")},
		{"--edit-server --ident two --real-server r2:80 --weight=1", virtual("two", "127.0.0.1:8080", "hhttp",
			"server = 192.168.0.12:80 1", "server = 192.168.0.11:8080 0")},
		{"--add-rule -i two -p /a/(.*) -r r1 -m 1", virtual("two", "127.0.0.1:8080", "hhttp",
			"server = 192.168.0.12:80 1", "server = 192.168.0.11:8080 0",
			`rule = pattern "/a/(.*)" match 1 use server 192.168.0.11:8080`)},
		{"--add-rule --ident two --pattern=/a/(.*) --real-server=r2:80 --match=1", virtual("two", "127.0.0.1:8080", "hhttp",
			"server = 192.168.0.12:80 1", "server = 192.168.0.11:8080 0",
			`rule = pattern "/a/(.*)" match 1 use server 192.168.0.12:80`,
			`rule = pattern "/a/(.*)" match 1 use server 192.168.0.11:8080`)},
		{"--del-rule -i two -p /a/(.*) -r r1", virtual("two", "127.0.0.1:8080", "hhttp",
			"server = 192.168.0.12:80 1", "server = 192.168.0.11:8080 0",
			`rule = pattern "/a/(.*)" match 1 use server 192.168.0.12:80`)},
		{"--del-rule --ident=two --pattern=/a/(.*) --real-server=r2:80", virtual("two", "127.0.0.1:8080", "hhttp",
			"server = 192.168.0.12:80 1", "server = 192.168.0.11:8080 0")},
		{"-d -i two -r r1", virtual("two", "127.0.0.1:8080", "hhttp", "server = 192.168.0.12:80 1")},
		{"--delete-server --ident two --real-server r2:80", virtual("two", "127.0.0.1:8080", "hhttp")},
		{"-A -i web", virtual("web", "0.0.0.0:8080", "http") + virtual("two", "127.0.0.1:8080", "hhttp")},
		{"--delete-service --ident two", virtual("web", "0.0.0.0:8080", "http")},
		{"-f " + file, virtual("f", "0.0.0.0:8080", "http")},
		{"-F", ""},
		{"--load-configfile " + file, virtual("f", "0.0.0.0:8080", "http")},
		{"--flush", ""},
	} {
		if out := o.Does(fields(step.call)...); out != "" {
			t.Errorf("%s prints %q", step.call, out)
		}
		if got := o.Table(); got != step.want {
			t.Fatalf("after %s the table is\n%s\nwant\n%s", step.call, got, step.want)
		}
	}
}

func TestValuesAreTakenToTheEndsOfTheirRanges(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	longest := strings.Repeat("p", proto.MaxPattern)
	o.Script(`
		-A -i a -P 1
		-A -i abcdefghijklmno -P 65534
		-a -i a -r 10.0.0.1:1 -w 0
		-a -i a -r 10.0.0.1:65535 -w 65535
		-a -i a -r [fd00::1]:80
		--add-rule -i a -p x -r 10.0.0.1:1 -m 0
		--add-rule -i a -p y -r 10.0.0.1:1 -m 10
		-E -i a -s hhttp`)
	o.Does("--add-rule", "-i", "a", "-p", longest, "-r", "10.0.0.1:1")
	for call, message := range map[string]string{
		"-A -i abcdefghijklmnop":          `option --ident (-i) with command --add-service (-A) is "abcdefghijklmnop": name is 16 bytes long, expected 1 to 15`,
		"-A -i x -P 0":                    `option --port (-P) with command --add-service (-A) is "0": expected a number from 1 to 65534`,
		"-A -i x -P 65535":                `option --port (-P) with command --add-service (-A) is "65535": expected a number from 1 to 65534`,
		"-a -i a -r 10.0.0.2 -w 65536":    `option --weight (-w) with command --add-server (-a) is "65536": expected a number from 0 to 65535`,
		"-a -i a -r 10.0.0.2 -w -1":       `option --weight (-w) with command --add-server (-a) is "-1": expected a number from 0 to 65535`,
		"--add-rule -i a -p z -r r1 -m11": `option --match (-m) with command --add-rule is "11": expected a number from 0 to 10`,
		"-a -i a -r r1:0":                 `option --real-server (-r) with command --add-server (-a): port "0" is not in 1..65535`,
		"-a -i a -r r1:65536":             `option --real-server (-r) with command --add-server (-a): port "65536" is not in 1..65535`,
	} {
		o.Fails(2, message, fields(call)...)
	}
	if r := o.Call("--add-rule", "-i", "a", "-p", longest+"p", "-r", "10.0.0.1:1"); r.Status != 2 || !strings.Contains(r.Stderr, "256 bytes long, expected 1 to 255") {
		t.Errorf("a pattern of 256 bytes: status %d, %s", r.Status, r.Stderr)
	}
	o.Has(virtual("abcdefghijklmno", "0.0.0.0:65534", "http") + virtual("a", "0.0.0.0:1", "hhttp",
		"server = [fd00::1]:80 1", "server = 10.0.0.1:65535 65535", "server = 10.0.0.1:1 0",
		`rule = pattern "`+longest+`" match 0 use server 10.0.0.1:1`,
		`rule = pattern "y" match 10 use server 10.0.0.1:1`,
		`rule = pattern "x" match 0 use server 10.0.0.1:1`))
}

func TestWrongCommandLinesNameOptionAndCommand(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.Does("-A", "-i", "web")
	for call, message := range map[string]string{
		"-A":                        "command --add-service (-A) needs option --ident (-i)",
		"-E":                        "command --edit-service (-E) needs option --ident (-i)",
		"-D":                        "command --delete-service (-D) needs option --ident (-i)",
		"-a -i web":                 "command --add-server (-a) needs option --real-server (-r)",
		"-e -r r1":                  "command --edit-server (-e) needs option --ident (-i)",
		"-d -i web":                 "command --delete-server (-d) needs option --real-server (-r)",
		"--add-rule -i web -p x":    "command --add-rule needs option --real-server (-r)",
		"--del-rule -p x -r r1":     "command --del-rule needs option --ident (-i)",
		"-f":                        "command --load-configfile (-f) needs a FILE",
		"-A -i web -w 3":            "option --weight (-w) does not go with command --add-service (-A)",
		"-F -i web":                 "option --ident (-i) does not go with command --flush (-F)",
		"-L -s http":                "option --scheduler (-s) does not go with command --list (-L)",
		"--start -n":                "option --numeric (-n) does not go with command --start",
		"-D -i web -r r1":           "option --real-server (-r) does not go with command --delete-service (-D)",
		"-A -i web -i two":          "option --ident (-i) is given twice with command --add-service (-A)",
		"-a -i web -r r1 -w 1 -w 2": "option --weight (-w) is given twice with command --add-server (-a)",
		"-A -D -i web":              "--add-service (-A) and --delete-service (-D) are two commands; a call takes one",
		"--start --stop":            "--start and --stop are two commands; a call takes one",
		"-i web -A":                 "option --ident (-i) stands before any command; the command comes first",
		"web":                       `"web" is neither a command nor an option`,
		"-q":                        "unknown option -q",
	} {
		o.Fails(2, message, fields(call)...)
	}
}

func TestHelpAndVersionNeedNoDaemon(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.daemon.Kill()
	for _, call := range []string{"-h", "--help"} {
		if out := o.Does(call); !strings.HasPrefix(out, "Usage: tcpvsadm ") || !strings.Contains(out, "--load-configfile FILE") {
			t.Errorf("%s prints %q", call, out)
		}
	}
	if out := o.Does("--version"); !strings.Contains(out, proto.Version) {
		t.Errorf("--version prints %q", out)
	}
}
