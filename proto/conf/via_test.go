package conf

import (
	"reflect"
	"strings"
	"testing"

	"ktcpvs/proto"
)

func TestViaAndAllowLoopAreReadAndWritten(t *testing.T) {
	for text, want := range map[string]proto.Service{
		"":                              {},
		"via = on":                      {Via: "on"},
		"VIA = OFF":                     {Via: "off"},
		"via = edge-1":                  {Via: "edge-1"},
		`via = "edge#1"`:                {Via: "edge#1"},
		"allow-loop = on":               {AllowLoop: proto.On},
		"Allow-Loop = Off via = a":      {AllowLoop: proto.Off, Via: "a"},
		`via = "off" allow-loop = "on"`: {Via: "off", AllowLoop: proto.On},
	} {
		got := parse(t, "virtual v { "+text+" }")[0].Service
		want.Name = "v"
		if !reflect.DeepEqual(got, want) {
			t.Errorf("%s: %+v, want %+v", text, got, want)
		}
		written := string(AppendSave(nil, &File{Virtuals: []proto.Virtual{{Service: got}}}, Numeric{}))
		again := parse(t, written)[0].Service
		again.State = proto.NotGiven
		if got.AllowLoop == proto.Off {
			again.AllowLoop = proto.Off // what is not on is not written
		}
		if !reflect.DeepEqual(again, got) {
			t.Errorf("%s: written as %s, and read as %+v", text, written, again)
		}
	}
	if list := string(AppendList(nil, "1", reported(), Numeric{})); strings.Contains(list, "via") || strings.Contains(list, "allow") {
		t.Errorf("the defaults are listed, which the original's listing does not have:\n%s", list)
	}
}

func TestViaAndAllowLoopAreRefusedWithWhatWasExpected(t *testing.T) {
	for src, want := range map[string]string{
		"virtual v { via = }":                                 "f:1:19: expected on, off or a pseudonym",
		`virtual v { via = "" }`:                              "f:1:19: expected on, off or a pseudonym",
		`virtual v { via = "a b" }`:                           "f:1:19: expected on, off or a pseudonym",
		"virtual v { via = a:80 }":                            "f:1:19: expected on, off or a pseudonym",
		"virtual v { via = " + strings.Repeat("x", 64) + " }": "f:1:19: expected on, off or a pseudonym",
		"virtual v { via = a via = b }":                       `f:1:21: expected "via" only once`,
		"virtual v { allow-loop = yes }":                      "f:1:26: expected on or off",
		"virtual v { allow-loop = }":                          "f:1:26: expected on or off",
	} {
		if _, err := Parse("f", []byte(src), book{}); err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%s: %v, want %s", src, err, want)
		}
	}
}
