package conf

import (
	"reflect"
	"strings"
	"testing"

	"ktcpvs/proto"
)

func TestKnobsModulesAndStatesAreRead(t *testing.T) {
	const src = "MODULES {\n wlc \"http\"\n}\nvirtual v {\n State = RUNNING\n}\nKnobs { debug_level = -1 max_backlog=0x10\n read_timeout = \"5\" }\nvirtual w { state = stopped } virtual x { }"
	f, err := Read("test.conf", []byte(src), book{})
	if err != nil {
		t.Fatal(err)
	}
	if want := []proto.KnobValue{{Name: "debug_level", Value: -1}, {Name: "max_backlog", Value: 16}, {Name: "read_timeout", Value: 5}}; !reflect.DeepEqual(f.Knobs, want) {
		t.Errorf("knobs are %+v, want %+v", f.Knobs, want)
	}
	if want := []string{"wlc", "http"}; !reflect.DeepEqual(f.Modules, want) {
		t.Errorf("modules are %q, want %q", f.Modules, want)
	}
	for i, want := range []proto.Switch{proto.On, proto.Off, proto.NotGiven} {
		if got := f.Virtuals[i].Service.State; got != want {
			t.Errorf("the state of %s is %d, want %d", f.Virtuals[i].Service.Name, got, want)
		}
	}
	var places []string
	for i := range f.Changes() {
		if at, ok := f.Position(i); ok {
			line := strings.Split(src, "\n")[at.Line-1][at.Column-1:]
			places = append(places, strings.FieldsFunc(line, func(r rune) bool { return r == ' ' || r == '=' })[0])
		}
	}
	if want := []string{"-1", "0x10", `"5"`, "wlc", `"http"`, "v", "w", "x"}; !reflect.DeepEqual(places, want) {
		t.Errorf("the changes stand at %q, want %q", places, want)
	}
}

func TestAFileWithoutBlocksOfKnobsAndModulesSaysNothingOfThem(t *testing.T) {
	f, err := Read("test.conf", []byte("virtual v { }"), book{})
	if err != nil || f.Knobs != nil || f.Modules != nil {
		t.Errorf("knobs %v, modules %v, %v; want nil", f.Knobs, f.Modules, err)
	}
	f, err = Read("test.conf", []byte("knobs { }"), book{})
	if err != nil || f.Knobs == nil || len(f.Knobs) != 0 {
		t.Errorf("an empty block of knobs gives %v, %v", f.Knobs, err)
	}
}

func TestAStateIsNoPartOfAListing(t *testing.T) {
	vs := parse(t, "virtual v { state = running }")
	if list := string(AppendList(nil, "1", vs, Numeric{})); strings.Contains(list, "state") {
		t.Errorf("listed as %s", list)
	}
}

func TestWhatIsWrongInKnobsAndModulesIsNamed(t *testing.T) {
	const number = "expected a number from -2147483648 to 2147483647, found "
	for src, want := range map[string]string{
		"knobs x":                                        `f:1:7: expected "{", found "x"`,
		"knobs {":                                        `f:1:8: expected the name of a knob or "}", found the end of the file`,
		"knobs { read_timeout }":                         `f:1:22: expected "=", found "}"`,
		"knobs { read_timeout = x }":                     `f:1:24: ` + number + `"x"`,
		"knobs { debug_level = 2147483648 }":             `f:1:23: ` + number + `"2147483648"`,
		"knobs { debug_level = }":                        `f:1:23: ` + number + `"}"`,
		"knobs { read_timeout = 1\nread_timeout = 2 }":   `f:2:1: expected read_timeout only once (it stands in line 1), found "read_timeout"`,
		"knobs { unload = 0 }":                           `f:1:9: expected a knob that is a setting, found unload, which is an order (tcpvsadm --knob unload=1)`,
		"knobs { é = 0 }":                                `f:1:9: expected the name of a knob, found "é" (`,
		"knobs { debug_level = 1\n read_timout = 0 }":    `f:2:2: expected a knob of the daemon (tcpvsadm --knob lists them), found "read_timout" (did you mean "read_timeout"?)`,
		"knobs { nosuch = 0 }":                           `f:1:9: expected a knob of the daemon (tcpvsadm --knob lists them), found "nosuch"`,
		"knobs { read_timeout = 0 }":                     `f:1:24: expected read_timeout from 1 to 604800, found "0"`,
		"knobs { zerocopy_send =\n0x3 }":                 `f:2:1: expected zerocopy_send from 0 to 2, found "0x3"`,
		"knobs { }\nknobs { }":                           `f:2:1: expected "knobs" only once (it stands in line 1), found "knobs"`,
		"modules { }":                                    `f:1:11: expected one of wlc, http, phttp, chttp, hhttp, found "}"`,
		"modules { wlc":                                  `f:1:14: expected the name of a scheduler or "}", found the end of the file`,
		"modules { wlc\nwlc }":                           `f:2:1: expected wlc only once (it stands in line 1), found "wlc"`,
		"modules { wlc }\nmodules{wlc}":                  `f:2:1: expected "modules" only once (it stands in line 1), found "modules"`,
		"virtual v { state = on }":                       `f:1:21: expected running or stopped, found "on"`,
		"virtual v { state = }":                          `f:1:21: expected running or stopped, found "}"`,
		"virtual v {\nstate = stopped state = running }": `f:2:17: expected "state" only once (it stands in line 2), found "state"`,
	} {
		_, err := Read("f", []byte(src), book{})
		if err == nil || first(err) != want && !(strings.HasSuffix(want, "(") && strings.HasPrefix(first(err), want)) {
			t.Errorf("%s:\n got %v\nwant %s", src, err, want)
		}
	}
}
