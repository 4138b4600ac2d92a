package control

import (
	"errors"
	"net/netip"
	"reflect"
	"testing"

	"ktcpvs/proto"
	"ktcpvs/proto/prototest"

	"pgregory.net/rapid"
)

// genChange draws a change among so few names that most meet what earlier
// ones made.
var genChange = rapid.Custom(func(t *rapid.T) proto.Change {
	name := rapid.SampledFrom([]string{"a", "b", "c"}).Draw(t, "service")
	server := rapid.SampledFrom([]netip.AddrPort{
		r1, r2, netip.MustParseAddrPort("10.0.0.2:0"), netip.MustParseAddrPort("10.0.0.2:8080"),
	}).Draw(t, "server")
	c := proto.Change{Command: rapid.SampledFrom([]proto.Command{
		proto.CmdNewRule, proto.CmdNewRule, proto.CmdNewRule, proto.CmdNewRule, proto.CmdDelRule,
		proto.CmdNewDest, proto.CmdNewDest, proto.CmdSetDest, proto.CmdDelDest,
		proto.CmdNewService, proto.CmdNewService, proto.CmdSetService, proto.CmdDelService, proto.CmdFlush,
	}).Draw(t, "command")}
	switch c.Command {
	case proto.CmdNewService, proto.CmdSetService:
		c.Service = proto.Service{
			Name:       name,
			Scheduler:  rapid.SampledFrom([]string{"", "", "wlc", "hhttp", "rr"}).Draw(t, "scheduler"),
			MaxClients: rapid.Uint16Range(0, 3).Draw(t, "max clients"),
		}
		if rapid.Bool().Draw(t, "redirect") {
			c.Service.Redirect = r1
		} else if c.Command == proto.CmdSetService {
			c.Service.ClearRedirect = rapid.Bool().Draw(t, "clear")
		}
		if rapid.Bool().Draw(t, "listen") {
			c.Service.Listen, c.Service.Also = listens(t, name[0])
		}
	case proto.CmdDelService:
		c.Service.Name = name
	case proto.CmdNewDest, proto.CmdSetDest, proto.CmdDelDest:
		c.Dest = proto.Dest{Service: name, Addr: server, Weight: rapid.Uint32Range(0, 2).Draw(t, "weight")}
	case proto.CmdNewRule, proto.CmdDelRule:
		c.Rule = proto.Rule{Service: name, Dests: []netip.AddrPort{server}, Match: rapid.Uint8Range(0, 1).Draw(t, "match")}
		c.Rule.Pattern = rapid.SampledFrom([]string{".*", "^/.*", "/a", "/a/b"}).Draw(t, "pattern")
		if rapid.Bool().Draw(t, "host") {
			c.Rule.Host = "shop"
		}
	}
	return c
})

// Whatever is asked, in whatever order, one by one or in batches, the table is
// what the reference's rules make of it, and so is each refusal.
func TestAnySequenceOfChangesMakesTheTableOfTheModel(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		f := newFixture(t)
		var model prototest.Model
		begin := []proto.Change{newService("a"), newService("b")}
		for _, server := range []netip.AddrPort{r1, r2, netip.MustParseAddrPort("10.0.0.2:8080")} {
			begin = append(begin, ofDest(proto.CmdNewDest, "a", server), ofDest(proto.CmdNewDest, "b", server))
		}
		for step := range 30 {
			changes := begin
			if step > 0 {
				changes = rapid.SliceOfN(genChange, 1, 3).Draw(r, "changes")
			}
			next := model.Clone()
			var want *proto.Error
			for i, c := range changes {
				if want = next.Apply(c); want != nil {
					want.Index = i + 1
					break
				}
			}
			if want == nil {
				model = next
			}
			var err error
			if len(changes) == 1 {
				err = f.Do(changes[0])
			} else {
				err = f.Apply(changes)
			}
			var got *proto.Error
			if errors.As(err, &got) != (want != nil) {
				r.Fatalf("%+v: got %v, want %v", changes, err, want)
			}
			if got != nil && (got.Errno != want.Errno || len(changes) > 1 && got.Index != want.Index) {
				r.Fatalf("%+v: got %v, want %v", changes, got, want)
			}
		}
		table, err := f.Table()
		if err != nil || len(table)+len(model.Virtuals) > 0 && !equal(table, model.Virtuals) {
			r.Fatalf("got  %+v, %v\nwant %+v", table, err, model.Virtuals)
		}
	})
}

// equal passes over whether an empty list is nil.
func equal(a, b []proto.Virtual) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		v, w := a[i], b[i]
		if len(v.Dests)+len(w.Dests) == 0 {
			v.Dests, w.Dests = nil, nil
		}
		if len(v.Rules)+len(w.Rules) == 0 {
			v.Rules, w.Rules = nil, nil
		}
		if !reflect.DeepEqual(v, w) {
			return false
		}
	}
	return true
}

// What the wire's policy lets through, the table takes or refuses; neither it
// nor the conversation is ever the worse for it.
func FuzzControl(f *testing.F) {
	seed := func(r proto.Request) {
		b := proto.BeginMessage(nil, proto.Header{Type: proto.FamilyID, Flags: proto.FlagRequest | proto.FlagAck, Seq: 1})
		b, err := proto.AppendRequest(b, &r)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(proto.EndMessage(b, 0))
	}
	for i := range 40 {
		c := genChange.Example(i)
		seed(c.Request())
	}
	seed(proto.Request{Command: proto.CmdSetKnob, Knob: proto.KnobValue{Name: "unload", Value: 1}})
	seed(proto.Request{Command: proto.CmdStart})
	seed(proto.Request{Command: proto.CmdDelModule, Module: proto.Module{Name: "http"}})
	f.Fuzz(func(t *testing.T, datagram []byte) {
		x := newFixture(t)
		x.must(t, newService("a"), ofDest(proto.CmdNewDest, "a", r1), ofRule(proto.CmdNewRule, "a", "/a", r1))
		pipe := prototest.NewPipe(x.control)
		if err := pipe.WriteDatagram(datagram); err != nil {
			t.Fatal(err)
		}
		if _, err := x.Table(); err != nil {
			t.Fatalf("after %x the table can not be listed: %v", datagram, err)
		}
	})
}

// listens are addresses that no service of another name has.
func listens(t *rapid.T, name byte) (first netip.AddrPort, also []netip.AddrPort) {
	at := func(net byte, port uint16) netip.AddrPort {
		return netip.AddrPortFrom(netip.AddrFrom4([4]byte{10, 0, net, name}), port)
	}
	switch rapid.IntRange(0, 4).Draw(t, "addresses") {
	case 0:
		return netip.AddrPortFrom(netip.Addr{}, 8000+uint16(name)), nil
	case 1:
		return at(1, 0), nil
	case 2:
		return at(1, 8000+uint16(name)), []netip.AddrPort{at(2, 0)}
	case 3:
		return at(2, 0), []netip.AddrPort{at(1, 81), at(3, 0)}
	}
	return at(1, 82), []netip.AddrPort{at(1, 0)} // which is the same
}
