package control

import (
	"bytes"
	"strings"
	"testing"

	"ktcpvs/daemon/klog"
	"ktcpvs/proto"
)

// Whoever loads rules that a URI may be made for which is dear to match is told
// so once, with what it may cost and what it should; the rules are in force.
func TestRulesThatMayBeDearAreToldOf(t *testing.T) {
	f := newFixture(t)
	var out bytes.Buffer
	f.control.log = klog.New(klog.Options{Format: klog.Text, Target: &out, Level: func() int32 { return klog.Announce }})
	f.must(t, newService("web"), ofDest(proto.CmdNewDest, "web", r1), ofDest(proto.CmdNewDest, "web", r2),
		ofRule(proto.CmdNewRule, "web", "/images/.*", r1))
	if strings.Contains(out.String(), "dear") {
		t.Errorf("an ordinary rule is told of:\n%s", &out)
	}
	dear := "((a|b)[a-z]{1,9}(c|d)?){1,40}x"
	f.must(t, ofRule(proto.CmdNewRule, "web", dear, r1))
	for _, want := range []string{"rules may be dear to match", "service=web", "uri of 8 KiB may take", "should take\"=1ms", dear} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("want %q in:\n%s", want, &out)
		}
	}
	out.Reset()
	f.must(t, ofRule(proto.CmdNewRule, "web", "/html/.*", r2))
	if strings.Contains(out.String(), "dear") {
		t.Errorf("told again when another rule is added:\n%s", &out)
	}
}
