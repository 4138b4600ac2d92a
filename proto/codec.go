package proto

import (
	"fmt"

	"golang.org/x/sys/unix"
)

// AppendRequest appends a request's generic netlink header and attributes,
// what follows the netlink header. It refuses, with an *Error, values that the
// wire can not carry; dst is then returned as it was.
func AppendRequest(dst []byte, r *Request) ([]byte, error) {
	op, ok := operations[r.Command]
	f := op.do
	if r.Dump {
		f = op.dump
	}
	if !ok || f == nil {
		return dst, &Error{Errno: unix.EOPNOTSUPP, Command: r.Command}
	}
	e := &encoder{dst: append(dst, byte(r.Command), FamilyVersion, 0, 0), command: r.Command}
	switch f.nest {
	case AttrService:
		if !f.optional || r.Service.Name != "" {
			e.nest(AttrService, func() { e.service(&r.Service, f.must|f.may) })
		}
	case AttrDest:
		if !f.optional || r.Dest.Service != "" {
			if r.Command == CmdNewDest {
				e.check(CheckServer(r.Dest.Addr.Addr()))
			}
			e.nest(AttrDest, func() { e.dest(&r.Dest, f.must|f.may) })
		}
	case AttrRule:
		e.check(r.Rule.checkChange(f))
		if !f.optional || r.Rule.Service != "" {
			e.rule(&r.Rule, f.must|f.may)
		}
	case AttrModule:
		e.nest(AttrModule, func() { e.string(moduleSet, ModuleAttrName, r.Module.Name) })
	case AttrKnob:
		e.knob(AttrKnob, r.Knob)
	}
	if r.Full && f.extra&bits(AttrFull) != 0 {
		e.flag(AttrFull)
	}
	if r.Last != 0 && f.extra&bits(AttrLast) != 0 {
		e.number(commandSet, AttrLast, int64(r.Last))
	}
	if e.err != nil {
		return dst, e.err
	}
	return e.dst, nil
}

// DecodeRequest reads a whole message with its netlink header, as NextMessage
// gives it; dump tells whether both bits of NLM_F_DUMP are set. Errors are
// *Error: EOPNOTSUPP for a command that is not known or that does not list or
// does nothing but list; EINVAL for everything else, with the offset of the
// offending attribute. The values do not alias message. The cost is linear in
// the message, and what is allocated is at most a small multiple of it.
func DecodeRequest(message []byte, dump bool) (Request, error) {
	payload := message[headerLen:]
	r := Request{Dump: dump}
	d := &decoder{}
	if len(payload) < genlHeaderLen {
		return r, d.fail(headerLen, "message has %d bytes after its header, expected %d of generic netlink", len(payload), genlHeaderLen)
	}
	r.Command = Command(payload[0])
	d.command = r.Command
	op, ok := operations[r.Command]
	if !ok {
		return r, &Error{Errno: unix.EOPNOTSUPP, Command: r.Command, Text: fmt.Sprintf("%v is not known", r.Command)}
	}
	if payload[1] != FamilyVersion || payload[2] != 0 || payload[3] != 0 {
		return r, d.fail(headerLen, "generic netlink header has version %d and reserved bytes %#x, expected %d and 0",
			payload[1], payload[2:4], FamilyVersion)
	}
	f, how := op.do, "only lists"
	if dump {
		f, how = op.dump, "does not list"
	}
	if f == nil {
		return r, &Error{Errno: unix.EOPNOTSUPP, Command: r.Command, Text: fmt.Sprintf("%v %s", r.Command, how)}
	}
	must, may := bits(f.nest)&^1, f.extra
	if f.optional {
		must, may = 0, may|must
	}
	return r, d.walk(commandSet, must, may, attributesOf(message), func(typ uint, v value) (err error) {
		switch typ {
		case AttrService:
			r.Service, err = d.service(v, f.must, f.may)
		case AttrDest:
			r.Dest, err = d.dest(v, f.must, f.may)
			if err == nil && r.Command == CmdNewDest {
				if why := CheckServer(r.Dest.Addr.Addr()); why != nil {
					err = d.fail(v.offset, "%v", why)
				}
			}
		case AttrRule:
			r.Rule, err = d.rule(v, f.must, f.may)
			if err == nil {
				if why := r.Rule.checkChange(f); why != nil {
					err = d.fail(v.offset, "%v", why)
				}
			}
		case AttrModule:
			r.Module, err = d.module(v, f.must, f.may)
		case AttrKnob:
			r.Knob, err = d.knob(v)
		case AttrFull:
			r.Full = true
		case AttrLast:
			r.Last = uint32(v.number(kindU32))
		}
		return err
	})
}

// checkChange holds a rule to what a change of it must say.
func (r *Rule) checkChange(f *form) error {
	ofServer, ofNumber := f.must&bits(RuleAttrDest) != 0, f.must&bits(RuleAttrNumber) != 0
	if ofServer && len(r.Dests) != 1 {
		return fmt.Errorf("rule names %d servers, expected 1", len(r.Dests))
	}
	if (ofServer || ofNumber) && r.Conditions.Empty() {
		return fmt.Errorf("rule has no condition, expected a pattern or another")
	}
	return nil
}

// The masks of what an answer holds.
var (
	serviceReported = bits(ServiceAttrName, ServiceAttrScheduler, ServiceAttrListen,
		ServiceAttrStartServers, ServiceAttrMaxClients, ServiceAttrMinSpareServers,
		ServiceAttrMaxSpareServers, ServiceAttrActiveConns, ServiceAttrStats)
	serviceReportedMay = bits(ServiceAttrRedirect, ServiceAttrRunning, ServiceAttrVia, ServiceAttrAllowLoop,
		ServiceAttrFreebind, ServiceAttrV6Only, ServiceAttrAlsoListen)
	destReported    = bits(DestAttrService, DestAttrAddress, DestAttrWeight, DestAttrActiveConns, DestAttrStats)
	destReportedMay = bits(DestAttrDown)
	ruleReported    = bits(RuleAttrService, RuleAttrMatch, RuleAttrDest, RuleAttrHits, RuleAttrLast)
	moduleReported  = bits(ModuleAttrName, ModuleAttrUsers)
)

// AppendReply appends an answer's generic netlink header and attributes. The
// error is of a value that the wire can not carry.
func AppendReply(dst []byte, r *Reply) ([]byte, error) {
	e := &encoder{dst: append(dst, byte(r.Command), FamilyVersion, 0, 0), command: r.Command}
	e.counter(AttrGeneration, r.Generation)
	switch {
	case r.Service != nil:
		e.nest(AttrService, func() { e.service(r.Service, serviceReported|serviceReportedMay) })
	case r.Dest != nil:
		e.nest(AttrDest, func() { e.dest(r.Dest, destReported|destReportedMay) })
	case r.Rule != nil:
		e.rule(r.Rule, ruleReported|conditions)
	case r.Module != nil:
		e.module(r.Module)
	case r.Info != nil:
		e.info(r.Info)
	case r.Entry != nil:
		e.entry(r.Entry)
	}
	if e.err != nil {
		return dst, e.err
	}
	return e.dst, nil
}

// DecodeReply reads the attributes of one message of an answer. Those that it
// does not expect are passed over; the others are held to the policy as in
// DecodeRequest.
func DecodeReply(command Command, attributes []byte) (Reply, error) {
	r := Reply{Command: command}
	d := &decoder{reply: true, command: command}
	values := bits(AttrService, AttrDest, AttrRule, AttrModule, AttrInfo, AttrEntry)
	found := 0
	err := d.walk(commandSet, bits(AttrGeneration), values, afterHeaders(attributes), func(typ uint, v value) (err error) {
		found++
		switch typ {
		case AttrGeneration:
			found--
			r.Generation = v.counter()
		case AttrService:
			r.Service = new(Service)
			*r.Service, err = d.service(v, serviceReported, serviceReportedMay)
		case AttrDest:
			r.Dest = new(Dest)
			*r.Dest, err = d.dest(v, destReported, destReportedMay)
		case AttrRule:
			r.Rule = new(Rule)
			*r.Rule, err = d.rule(v, ruleReported, conditions)
		case AttrModule:
			r.Module = new(Module)
			*r.Module, err = d.module(v, moduleReported, bits(ModuleAttrLoaded))
		case AttrInfo:
			r.Info = new(Info)
			*r.Info, err = d.info(v)
		case AttrEntry:
			r.Entry = new(Entry)
			*r.Entry, err = d.entry(v)
		}
		return err
	})
	if err == nil && found != 1 {
		err = d.fail(headerLen, "answer holds %d values, expected 1", found)
	}
	return r, err
}
