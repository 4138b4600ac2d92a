package main

import (
	"context"
	"fmt"
	"net/netip"
	"strings"
	"testing"

	"ktcpvs/proto/resolve"
)

func TestCheckingNeedsNoDaemonAndChangesNothing(t *testing.T) {
	o := lonely(t)
	path := write(t, strings.ReplaceAll(sample, "10.0.0.1:80", "r1.invalid:80"))
	if got, want := o.does("-f", path, "--check"), path+": valid, virtual services: 2, real servers: 2, rules: 4\n"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	bad := write(t, "virtual web {\n  maxclients = 0\n  server = r1.invalid\n  state = on\n}")
	o.fails(exitFailed, bad+`:2:16: expected a number from 1 to 65535, found "0"`+"\ntcpvsadm: "+bad+`:4:11: expected running or stopped, found "on"`, "-f", bad, "--check")
	o.stdin = sample
	if got, want := o.does("-R", "--check"), "standard input: valid, virtual services: 2, real servers: 2, rules: 4\n"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	o.fails(exitUsage, "option --check with command --restore (-R) asks no daemon, and goes with neither --diff nor --start", "-R", "--check", "--diff")
	o.fails(exitUsage, "option --resolve with command --restore (-R) needs option --check; without it, names are looked up", "-R", "--resolve")
}

func TestAFileWithoutAServiceIsRefused(t *testing.T) {
	o := prepared(t)
	for _, text := range []string{"", "# nothing\n", "knobs { debug_level = 1 }"} {
		path := write(t, text)
		for _, option := range []string{"", "--check", "--diff", "--start"} {
			status := exitFailed
			if option == "--diff" {
				status = exitUsage
			}
			o.fails(status, path+": no virtual service, expected one at least (command --flush (-F) deletes all)", strings.Fields("-f "+path+" "+option)...)
		}
	}
}

func TestADifferenceIsToldAndNotMade(t *testing.T) {
	o := prepared(t)
	path := write(t, sample)
	o.does("-f", path)
	before := o.does("-S")
	if got := o.does("-f", path, "--diff"); got != "" {
		t.Errorf("of what is loaded it says\n%s", got)
	}
	o.stdin = strings.NewReplacer("10.0.0.1:80 3", "10.0.0.1:80 4", "virtual plain { }", "virtual new { state = running }\nknobs { debug_level = 7 }").Replace(sample)
	r := o.call("-R", "--diff")
	want := `~ knob debug_level: 0 -> 7
- service plain: listen 0.0.0.0:8080, scheduler http, stopped, 0 servers, 0 rules
+ service new: listen 0.0.0.0:8080, scheduler http, running
~ server 10.0.0.1:80 of service shop: weight 3 -> 4
`
	if r.status != exitFailed || r.stderr != "" || r.stdout != want {
		t.Errorf("status %d, %s\n%s\nwant\n%s", r.status, r.stderr, r.stdout, want)
	}
	if after := o.does("-S"); after != before {
		t.Errorf("it changed\n%s\nto\n%s", before, after)
	}
	o.does("-R")
	if got := o.does("-R", "--diff"); got != "" {
		t.Errorf("after loading it says\n%s", got)
	}
	o.does("-R", "--start")
}

func TestWhatIsNewIsStarted(t *testing.T) {
	o := newOperator(t)
	states := func() string {
		var words []string
		for _, v := range o.daemon.Table() {
			words = append(words, fmt.Sprintf("%s %v", v.Service.Name, v.Service.Running))
		}
		return strings.Join(words, ", ")
	}
	o.does("-f", write(t, "virtual known { }"))
	path := write(t, "virtual known { }\nvirtual new { listen = 127.0.0.1:81 }\nvirtual off { listen = 127.0.0.1:82 state = stopped }")
	if r := o.call("-f", path, "--diff", "--start"); !strings.Contains(r.stdout, "+ service new: listen 127.0.0.1:81, scheduler http, running\n") {
		t.Errorf("the difference is\n%s", r.stdout)
	}
	o.does("-f", path, "--start")
	if got, want := states(), "off false, new true, known false"; got != want {
		t.Errorf("%s, want %s", got, want)
	}
	o.does("-f", write(t, "virtual known { state = running }\nvirtual new { listen = 127.0.0.1:81 state = stopped }\nvirtual off { listen = 127.0.0.1:82 }"))
	if got, want := states(), "off false, new false, known true"; got != want {
		t.Errorf("%s, want %s", got, want)
	}
}

func TestASaveOfARestoredSaveIsTheSame(t *testing.T) {
	o := prepared(t)
	o.does("-f", write(t, sample+"modules { phttp wlc }\nknobs { debug_level = -2 }"))
	o.does("--start", "-i", "shop")
	saved := o.does("-Sn")
	for _, part := range []string{"    debug_level = -2\n", "Modules {\n    wlc\n    http\n    phttp\n    hhttp\n}\n", "    state = running\n", "    state = stopped\n"} {
		if !strings.Contains(saved, part) {
			t.Errorf("%q is not in\n%s", part, saved)
		}
	}
	o.does("--stop")
	o.does("-F")
	o.does("--knob", "debug_level=0")
	o.stdin = saved
	o.does("-R")
	if again := o.does("-Sn"); again != saved {
		t.Errorf("saved, restored and saved again it is\n%s\nnot\n%s", again, saved)
	}
}

// silent is a directory of which only some names answer.
type silent struct {
	directory
	asked chan string
}

func (s silent) LookupNetIP(ctx context.Context, _, host string) ([]netip.Addr, error) {
	s.asked <- host
	if !strings.HasPrefix(host, "silent") {
		return []netip.Addr{netip.MustParseAddr("10.0.0.7")}, nil
	}
	<-ctx.Done()
	return nil, ctx.Err()
}

func TestNamesThatDoNotAnswerAreNamedTogether(t *testing.T) {
	asked := make(chan string, 100)
	r := resolverOn(resolve.Files(), silent{asked: asked}, "")
	s := &session{resolve: r}
	var text strings.Builder
	text.WriteString("virtual v {\nserver = quick.invalid:80\n")
	for i := range 5 {
		fmt.Fprintf(&text, "server = silent%d.invalid:80\nrule = pattern /%d use server silent%d.invalid:80\n", i, i, i)
	}
	_, err := s.parse("f", []byte(text.String()+"}"), true)
	var want []string
	for i := range 5 {
		want = append(want, fmt.Sprintf(`f:%d:10: expected host:port, found "silent%d.invalid:80" (host "silent%d.invalid" does not resolve: it did not answer in 2s)`, 3+2*i, i, i))
	}
	if err == nil || err.Error() != strings.Join(want, "\n") {
		t.Errorf("got\n%v\nwant\n%s", err, strings.Join(want, "\n"))
	}
	if len(asked) != 6 {
		t.Errorf("%d questions for 6 names", len(asked))
	}
}
