package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"ktcpvs/proto"
)

const sample = `# shop
Virtual shop {
    listen = 127.0.0.1:8081
    scheduler = hhttp
    startservers = 4
    maxclients = 512
    minspareservers = 2
    maxspareservers = 9
    redirect = 127.0.0.1:http
    server = 10.0.0.1:80 3
    server = 10.0.0.2 0
    rule = pattern ".*" use server 10.0.0.1:80
    rule = pattern "/users/([^/]+)/" match 1 use server 10.0.0.1:80
    rule = pattern "/users/([^/]+)/" match 1 use server 10.0.0.2
    rule = host "^api\." method POST header X-A cookie c "1" query q source 10.0.0.0/8 use server 10.0.0.2:8081
}
virtual plain { }
`

func write(t *testing.T, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "web.conf")
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestLoadingMakesTheTableWhatTheFileSays(t *testing.T) {
	o := prepared(t)
	path := write(t, sample)
	for _, args := range [][]string{{"-f", path}, {"-f" + path}, {"--load-configfile", path}, {"--load-configfile=" + path}} {
		o.does("-F")
		o.does("-Ai", "gone")
		if out := o.does(args...); out != "" {
			t.Errorf("%q prints %q", args, out)
		}
		golden(t, "loaded.golden", o.does("-Ln"))
	}
	o.does("-F")
	o.stdin = sample
	for _, args := range [][]string{{"-R"}, {"--restore"}} {
		o.does(args...)
		golden(t, "loaded.golden", o.does("-Ln"))
	}
}

func TestASavedTableIsRestored(t *testing.T) {
	o := prepared(t)
	o.does("-f", write(t, sample))
	listed := o.does("-Ln")
	golden(t, "saved.golden", o.does("-Sn"))
	for _, args := range [][]string{{"-S"}, {"--save"}, {"-S", "-n"}, {"--save", "--numeric"}} {
		o.stdin = o.does(args...)
		o.does("-F")
		o.does("-R")
		if got := o.does("-Ln"); got != listed {
			t.Errorf("after %q and -R the table is\n%s\nnot\n%s", args, got, listed)
		}
	}
}

func TestAFileThatIsWrongChangesNothing(t *testing.T) {
	o := prepared(t)
	path := write(t, strings.Replace(sample, "maxclients = 512", "maxclients = 0", 1))
	o.fails(exitFailed, path+`:6:18: expected a number from 1 to 65535, found "0"`, "-f", path)
	o.stdin = "virtual web {\n  server = r1.invalid:80:80\n}"
	o.fails(exitFailed, `standard input:2:12: expected host:port, found "r1.invalid:80:80" ("r1.invalid:80:80" is no address (IPv6 with a port is written [address]:port))`, "-R")
	o.stdin = "virtual web {\n  server = r1:no-such-service\n}"
	r := o.call("-R")
	if r.status != exitFailed || !strings.HasPrefix(r.stderr, `tcpvsadm: standard input:2:12: expected host:port, found "r1:no-such-service" (`) {
		t.Errorf("status %d, %s", r.status, r.stderr)
	}
}

func TestAFileThatCanNotBeReadIsAFailure(t *testing.T) {
	o := prepared(t)
	dir := t.TempDir()
	o.fails(exitFailed, "open "+dir+"/none: no such file or directory", "-f", dir+"/none")
	o.fails(exitFailed, "read "+dir+": is a directory, expected a configuration file", "-f", dir)
	o.fails(exitFailed, "open : no such file or directory", "-f", "")
}

func TestATextWithoutEndIsNotReadForEver(t *testing.T) {
	o := prepared(t)
	const refused = ": longer than 67108864 bytes, expected a configuration of at most that"
	o.fails(exitFailed, "/dev/zero"+refused, "-f", "/dev/zero")
	if text, err := readText("standard input", endless{}, 10); err == nil || !strings.HasPrefix(err.Error(), "standard input: longer than 10 bytes") {
		t.Errorf("an endless input gives %d bytes, %v; expected that it is longer than 10 bytes", len(text), err)
	}
	for size, fits := range map[int]bool{9: true, 10: true, 11: false} {
		if _, err := readText("input", strings.NewReader(strings.Repeat("#", size)), 10); (err == nil) != fits {
			t.Errorf("%d bytes of 10 that may be: %v", size, err)
		}
	}
}

// endless is an input that never ends.
type endless struct{}

func (endless) Read(b []byte) (int, error) {
	for i := range b {
		b[i] = '#'
	}
	return len(b), nil
}

func TestAConfigurationIsReadFromAPipe(t *testing.T) {
	o := prepared(t)
	pipe := filepath.Join(t.TempDir(), "pipe")
	if err := unix.Mkfifo(pipe, 0o600); err != nil {
		t.Fatal(err)
	}
	written := make(chan error, 1)
	go func() { written <- os.WriteFile(pipe, []byte(sample), 0) }()
	o.does("-f", pipe)
	if err := <-written; err != nil {
		t.Error(err)
	}
	golden(t, "loaded.golden", o.does("-Ln"))
}

func TestAPipeThatNobodyWritesToIsNotWaitedForForEver(t *testing.T) {
	pipe := filepath.Join(t.TempDir(), "pipe")
	if err := unix.Mkfifo(pipe, 0o600); err != nil {
		t.Fatal(err)
	}
	file, err := openText(pipe, time.Millisecond)
	if want := pipe + ": nobody has written to this pipe for 1ms"; err == nil || err.Error() != want {
		t.Errorf("got %v, %v; want %s", file, err, want)
	}
}

func TestAPipeWithoutANameHasItsWriter(t *testing.T) {
	read, written, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer read.Close()
	file, err := openText(fmt.Sprintf("/proc/self/fd/%d", read.Fd()), 0)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	go func() {
		written.WriteString(sample)
		written.Close()
	}()
	if text, err := readText("pipe", file, largestText); err != nil || string(text) != sample {
		t.Errorf("%d bytes are read, %v; want %d", len(text), err, len(sample))
	}
}

func TestARefusedEntryIsNamedByItsLine(t *testing.T) {
	o := prepared(t)
	path := write(t, sample)
	o.daemon.Refuse(proto.CmdNewRule, proto.Errorf(unix.EINVAL, "too many states"))
	o.fails(exitFailed, path+`:12:12: Module is wrong version: too many states`, "-f", path)
	o.daemon.Refuse(proto.CmdNewRule, nil)
	o.daemon.Refuse(proto.CmdNewDest, proto.Errorf(unix.ENOMEM, "full"))
	o.fails(exitFailed, path+`:10:14: Memory allocation problem: full`, "-f", path)
	o.daemon.Refuse(proto.CmdNewDest, nil)

	o.does("--start")
	o.does("-f", path)
}

func TestTenThousandRulesLoadAndList(t *testing.T) {
	o := newOperator(t)
	var b strings.Builder
	b.WriteString("virtual big {\n server = 10.0.0.1:80\n")
	const rules = 10_000
	for i := range rules {
		fmt.Fprintf(&b, " rule = pattern \"^/item/%d$\" use server 10.0.0.1:80\n", i)
	}
	b.WriteString("}\n")
	o.does("-f", write(t, b.String()))
	if got := strings.Count(o.does("-Ln"), "rule = "); got != rules {
		t.Errorf("%d rules are listed", got)
	}
}
