package netns

import (
	"fmt"
	"net"
	"os"
	"strings"
	"testing"
)

// What a configuration is compared with, checked for, and made of again.

func TestASavedTableIsAllOfItAndComesBack(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	client := o.Operator.Connect(t)
	o.Load(`knobs { read_timeout = 77 debug_level = 1 } modules { wlc chttp }
		virtual a { state = running server = r1:80 3 server = r2:80 0 rule = pattern .* use server r1:80 rule = pattern /x host y use server r2:80 }
		virtual b { listen = 0.0.0.0:81 scheduler = hhttp via = off }`)
	saved := o.Does("-Sn")
	for _, part := range []string{"    read_timeout = 77\n", "Modules {\n    wlc\n    http\n    chttp\n    hhttp\n}\n", "    state = running\n    server", "    state = stopped\n"} {
		if !strings.Contains(saved, part) {
			t.Errorf("%q is not in\n%s", part, saved)
		}
	}
	// What is there already changes nothing.
	generation := func() uint64 {
		info, err := client.Info()
		if err != nil {
			t.Fatal(err)
		}
		return info.Generation
	}
	before := generation()
	path := o.File(saved)
	if out := o.Does("-f", path, "--diff"); out != "" {
		t.Errorf("compared with what was saved of it, it says\n%s", out)
	}
	o.Does("-f", path)
	if after := generation(); after != before {
		t.Errorf("loading what is there makes generation %d of %d", after, before)
	}
	// And from nothing it comes back whole.
	o.Script("--stop\n-F\n--unload-module chttp\n--knob read_timeout=180")
	o.Does("-f", path)
	if again := o.Does("-Sn"); again != saved {
		t.Errorf("saved, restored and saved again it is\n%s\nnot\n%s", again, saved)
	}
	if knob := o.Knob("read_timeout"); knob != "77" {
		t.Errorf("read_timeout is %q", knob)
	}
	// A file that says nothing of them leaves states, modules and knobs.
	o.Load("virtual b { listen = 0.0.0.0:81 scheduler = hhttp }\nvirtual a { }")
	if got := o.Does("-Sn"); !strings.Contains(got, "    chttp\n") || !strings.Contains(got, "read_timeout = 77") || strings.Count(got, "state = running") != 1 {
		t.Errorf("after a file without knobs, modules and states:\n%s", got)
	}
	// A knob out of range changes nothing, and is named by its line.
	bad := o.File("virtual a { }\nknobs {\n  debug_level = 2\n  read_timeout = 0\n}")
	o.Fails(1, bad+`:4:18: expected read_timeout from 1 to 604800, found "0"`, "-f", bad)
	if knob := o.Knob("debug_level"); knob != "1" {
		t.Errorf("debug_level is %q", knob)
	}
}

func TestAConfigurationIsComparedAndStarted(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.Load("virtual kept { server = r1:80 rule = pattern .* use server r1:80 }\nvirtual gone { listen = 0.0.0.0:81 state = running }")
	before := o.Does("-Sn")
	path := o.File("virtual kept { server = r1:80 7 server = r2:80 rule = pattern .* use server r2:80 }\nvirtual new { listen = 0.0.0.0:82 }\nmodules { wlc }")
	want := `+ module wlc
- service gone: listen 0.0.0.0:81, scheduler http, running, 0 servers, 0 rules
+ service new: listen 0.0.0.0:82, scheduler http, running
+ server 192.168.0.12:80 of service kept: weight 1
~ server 192.168.0.11:80 of service kept: weight 1 -> 7
~ rule of service kept: pattern ".*": servers 192.168.0.11:80 -> 192.168.0.12:80
`
	if r := o.Call("-f", path, "--diff", "--start"); r.Status != 1 || r.Stdout != want || r.Stderr != "" {
		t.Errorf("status %d, %s\n%s\nwant\n%s", r.Status, r.Stderr, r.Stdout, want)
	}
	if after := o.Does("-Sn"); after != before {
		t.Errorf("comparing changed\n%s\nto\n%s", before, after)
	}
	o.Does("-f", path, "--start")
	if saved := o.Does("-Sn"); strings.Count(saved, "state = running") != 1 || strings.Contains(saved, "gone") {
		t.Errorf("only new is to run, but\n%s", saved)
	}
	o.Does("-f", path, "--diff", "--start")
	o.Does("--load-module", "chttp")
	if r := o.Call("-f", path, "--diff"); r.Status != 1 || r.Stdout != "- module chttp\n" {
		t.Errorf("status %d, %s\n%s\nwant that chttp is to be unloaded", r.Status, r.Stderr, r.Stdout)
	}
	if r := o.Call("-f", o.File("virtual web {"), "--diff"); r.Status != 2 {
		t.Errorf("a file that ends in a block gives --diff status %d, %s, expected 2", r.Status, r.Stderr)
	}
	o.Does("-f", path)
	if got := o.Does("--modules"); !strings.Contains(got, "chttp           unloaded") {
		t.Errorf("a file that does not name chttp leaves\n%s", got)
	}
	mistyped := o.File("virtual kept { }\nknobs {\n  read_timout = 5\n}")
	o.Fails(1, mistyped+`:3:3: expected a knob of the daemon (tcpvsadm --knob lists them), found "read_timout" (did you mean "read_timeout"?)`, "-f", mistyped)
	for _, text := range []string{"", "# nothing but a comment"} {
		empty := o.File(text)
		o.Fails(1, empty+": no virtual service, expected one at least (command --flush (-F) deletes all)", "-f", empty)
	}
	// No daemon is needed to check.
	o.daemon.Kill()
	bad := o.File("virtual a { server = nosuch.invalid }\nvirtual a { }")
	for args, want := range map[string]string{"": `2:9: expected another name than that of line 1, found "a"`, "--resolve": "1:22: expected host:port"} {
		r := o.Call(append([]string{"-f", bad, "--check"}, strings.Fields(args)...)...)
		if r.Status != 1 || !strings.HasPrefix(r.Stderr, "tcpvsadm: "+bad+":"+want) {
			t.Errorf("--check %s: status %d, %s; want %s", args, r.Status, r.Stderr, want)
		}
	}
	wrong := o.File("virtual a { }\nknobs {\n  read_timout = 5\n  zerocopy_send = 3\n}")
	o.Fails(1, wrong+`:3:3: expected a knob of the daemon (tcpvsadm --knob lists them), found "read_timout" (did you mean "read_timeout"?)`+
		"\ntcpvsadm: "+wrong+`:4:19: expected zerocopy_send from 0 to 2, found "3"`, "-f", wrong, "--check")
	if out := o.Does("-f", path, "--check"); out != path+": valid, virtual services: 2, real servers: 2, rules: 1\n" {
		t.Errorf("checked, it says %q", out)
	}
}

// A name server that never answers holds a load for 2 seconds, whatever the number
// of names, and not for each of them.
func TestNamesThatDoNotAnswerAreNamedTogether(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.Cover("/etc/resolv.conf", "nameserver 127.0.0.1\n")
	var mute net.PacketConn
	if err := o.Within(func() (err error) {
		mute, err = net.ListenPacket("udp", "127.0.0.1:53")
		return err
	}); err != nil {
		t.Fatal(err)
	}
	defer mute.Close()
	o.Load("virtual kept { server = r1:80 }")
	var file, want strings.Builder
	file.WriteString("virtual web {\n  server = r1:80\n")
	path := o.File("")
	for i := range 20 {
		fmt.Fprintf(&file, "  server = mute%d.example:80\n  rule = pattern /%d use server mute%d.example:80\n", i, i, i)
		fmt.Fprintf(&want, "tcpvsadm: %s:%d:12: expected host:port, found \"mute%d.example:80\" (host \"mute%d.example\" does not resolve: it did not answer in 2s)\n", path, 3+2*i, i, i)
	}
	if err := os.WriteFile(path, []byte(file.String()+"}\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	r := o.Call("-f", path)
	if r.Status != 1 || r.Stderr != want.String() {
		t.Errorf("status %d,\n%s\nwant\n%s", r.Status, r.Stderr, want.String())
	}
	o.Has(virtual("kept", "0.0.0.0:8080", "http", "server = 192.168.0.11:80 1"))
	batch := o.File("-A -i two\n-a -i two -r mute1.example\n-a -i two -r mute2.example\n")
	o.Fails(1, batch+`:2: host "mute1.example" does not resolve: it did not answer in 2s`+"\ntcpvsadm: "+batch+`:3: host "mute2.example" does not resolve: it did not answer in 2s`, "--batch", batch)
	if out := o.Does("-f", path, "--check"); out != path+": valid, virtual services: 1, real servers: 21, rules: 20\n" {
		t.Errorf("checked without looking names up: %s", out)
	}
}
