package drift

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"ktcpvs/proto"
	"ktcpvs/proto/conf"
	"ktcpvs/proto/prototest"
)

type nobody struct{}

func (nobody) Host(string) (netip.Addr, error) { return netip.Addr{}, fmt.Errorf("unknown") }
func (nobody) Port(string) (uint16, error)     { return 0, fmt.Errorf("unknown") }

func read(t rapid.TB, src string) *conf.File {
	f, err := conf.Read("f", []byte(src), nobody{})
	if err != nil {
		t.Fatalf("%v in\n%s", err, src)
	}
	return f
}

// source is the text of a small configuration, such that two of them often agree.
var source = rapid.Custom(func(t *rapid.T) string {
	var b strings.Builder
	pick := func(of ...string) string { return rapid.SampledFrom(of).Draw(t, "line") }
	for _, name := range rapid.SliceOfNDistinct(rapid.SampledFrom([]string{"a", "b", "c"}), 1, 3, rapid.ID[string]).Draw(t, "names") {
		fmt.Fprintf(&b, "virtual %s {\n%s\n%s\n%s\n%s\n%s\n", name, pick("", "state = running", "state = stopped"), pick("", "scheduler = hhttp"),
			pick("", "maxclients = 7"), pick("", "via = off", "via = on"), pick("", "redirect = 10.0.0.9:80"))
		servers := rapid.SliceOfNDistinct(rapid.IntRange(1, 4), 1, 4, rapid.ID[int]).Draw(t, "servers")
		for _, n := range servers {
			fmt.Fprintf(&b, "server = 10.0.0.%d:80 %d\n", n, rapid.IntRange(0, 1).Draw(t, "weight"))
		}
		rules := rapid.SliceOfNDistinct(rapid.Custom(func(t *rapid.T) string {
			return fmt.Sprintf("rule = %s use server 10.0.0.%d:80\n", rapid.SampledFrom([]string{"pattern /x", "pattern /x i", "path /x", "prefix /x", "prefix /x i", "prefix /", "pattern .*", "pattern ^/.*", "host h", "pattern /x host h"}).Draw(t, "conditions"),
				rapid.SampledFrom(servers).Draw(t, "server"))
		}), 0, 6, rapid.ID[string]).Draw(t, "rules")
		b.WriteString(strings.Join(rules, "") + "}\n")
	}
	return b.String()
})

func TestTheOutcomeIsWhatADaemonReportsAfterwards(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var model prototest.Model
		before := &conf.File{}
		for range 2 {
			f := read(t, source.Draw(t, "file"))
			for _, change := range f.Changes() {
				if err := model.Apply(change); err != nil {
					t.Fatal(err)
				}
			}
			after := Outcome(before, f)
			if got, want := saved(after.Virtuals), saved(model.Virtuals); got != want {
				t.Fatalf("the outcome is\n%s\nwant\n%s", got, want)
			}
			said := Lines(before, after)
			if same := saved(before.Virtuals) == saved(after.Virtuals); same != (len(withoutModules(said)) == 0) {
				t.Fatalf("from\n%s\nto\n%s\nit says\n%s", saved(before.Virtuals), saved(after.Virtuals), strings.Join(said, "\n"))
			}
			before = after
		}
	})
}

func saved(vs []proto.Virtual) string {
	return string(conf.AppendSave(nil, &conf.File{Virtuals: vs}, conf.Numeric{}))
}

func withoutModules(said []string) []string {
	return slices.DeleteFunc(said, func(line string) bool { return strings.Contains(line, " module ") })
}

const running = `
virtual old { state = running }
virtual web {
    listen = 10.1.0.1:80
    scheduler = hhttp
    server = 10.0.0.1:80
    server = 10.0.0.2:80
    server = 10.0.0.3:80
    rule = pattern /a match 1 use server 10.0.0.1:80
    rule = pattern /b use server 10.0.0.1:80
    rule = pattern /b use server 10.0.0.2:80
    rule = pattern /c use server 10.0.0.1:80
}
virtual api { state = running }
`

const wanted = `
knobs { max_backlog = 4096 read_timeout = 180 max_body_kb = 1 }
modules { wlc }
virtual api { scheduler = wlc via = off }
virtual web {
    listen = 10.1.0.1:81
    scheduler = hhttp
    redirect = 10.0.0.9:80
    state = running
    server = 10.0.0.2:80 5
    server = 10.0.0.3:80
    server = 10.0.0.4:80 0
    rule = pattern /c use server 10.0.0.2:80
    rule = pattern /a match 2 use server 10.0.0.2:80
    rule = pattern /b use server 10.0.0.2:80
    rule = pattern /d host h use server 10.0.0.3:80
    rule = prefix /e/ i use server 10.0.0.3:80
}
virtual new { maxclients = 99 via = off server = 10.0.0.1:80 rule = pattern .* match 3 use server 10.0.0.1:80 }
`

func TestEachDifferenceIsALineWithBothValues(t *testing.T) {
	before := Outcome(&conf.File{
		Knobs:   []proto.KnobValue{{Name: "max_backlog", Value: 2048}, {Name: "read_timeout", Value: 180}, {Name: "debug_level", Value: 1}},
		Modules: []string{"phttp"},
	}, read(t, running))
	want := `~ knob max_backlog: 2048 -> 4096
+ knob max_body_kb = 1 (the daemon has no such knob)
- module phttp
+ module wlc
- service old: listen 0.0.0.0:8080, scheduler http, running, 0 servers, 0 rules
+ service new: listen 0.0.0.0:8080, scheduler http, stopped, maxclients 99, via off
+ server 10.0.0.1:80 of service new: weight 1
+ rule of service new: pattern ".*" match 3 use server 10.0.0.1:80
~ service web: listen 10.1.0.1:80 -> 10.1.0.1:81
~ service web: state stopped -> running
~ service web: redirect default -> 10.0.0.9:80
- server 10.0.0.1:80 of service web: weight 1
+ server 10.0.0.4:80 of service web: weight 0
~ server 10.0.0.2:80 of service web: weight 1 -> 5
+ rule of service web: prefix "/e/" i use server 10.0.0.3:80
+ rule of service web: pattern "/d" host "h" use server 10.0.0.3:80
~ rule of service web: pattern "/b": servers 10.0.0.2:80, 10.0.0.1:80 -> 10.0.0.2:80
~ rule of service web: pattern "/a": match 1 -> 2
~ rule of service web: pattern "/a": servers 10.0.0.1:80 -> 10.0.0.2:80
~ rule of service web: pattern "/c": servers 10.0.0.1:80 -> 10.0.0.2:80
~ rule of service web: pattern "/c": moved behind pattern "/a"
~ service api: scheduler http -> wlc
~ service api: via default -> off
~ service web: moved behind new`
	if got := strings.Join(Lines(before, Outcome(before, read(t, wanted))), "\n"); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	if got := Lines(before, before); len(got) > 0 {
		t.Errorf("of nothing that differs it says\n%s", strings.Join(got, "\n"))
	}
}
