package engine

import (
	"time"

	"ktcpvs/proto"

	"golang.org/x/sys/unix"
)

// serve answers one message. Those that are no request, or that netlink keeps
// for itself, are acknowledged when they ask for it and mean nothing.
func (e *Engine) serve(p *peer, h proto.Header, message []byte, now time.Time) {
	if h.Flags&proto.FlagRequest == 0 || h.Type < proto.TypeMin {
		e.acknowledge(p, h, message, now)
		return
	}
	dump := h.Flags&proto.FlagDump == proto.FlagDump
	err := checkHeader(h, dump)
	switch {
	case err != nil && p.batch != nil:
		e.refuse(p, h.Seq, message, e.stage(p, nil, err, message, now), now)
	case err != nil:
		e.refuse(p, h.Seq, message, err, now)
	case h.Type == proto.CtrlID:
		e.serveFamily(p, h, message, dump, now)
	default:
		e.serveRequest(p, h, message, dump, now)
	}
}

// checkHeader holds a request's header to what the kernel asks of one: a
// family that is there, and no flag that means something else elsewhere.
func checkHeader(h proto.Header, dump bool) error {
	if h.Type != proto.CtrlID && h.Type != proto.FamilyID {
		return proto.Errorf(unix.ENOENT, "family id %d is not here, expected %d (%s)", h.Type, proto.FamilyID, proto.FamilyName)
	}
	known := uint16(proto.FlagRequest | proto.FlagAck | proto.FlagEcho)
	if dump {
		known |= proto.FlagDump
	}
	if unknown := h.Flags &^ known; unknown != 0 {
		return proto.Errorf(unix.EINVAL, "flags %#x are unknown or ambiguous, expected none but %#x", unknown, known)
	}
	return nil
}

// serveFamily answers in the role of nlctrl.
func (e *Engine) serveFamily(p *peer, h proto.Header, message []byte, dump bool, now time.Time) {
	families, err := proto.DecodeGetFamily(message, dump)
	if err != nil {
		e.refuse(p, h.Seq, message, err, now)
		return
	}
	answer := proto.Header{Type: proto.CtrlID, Seq: h.Seq, Port: p.who.Port}
	if dump {
		answer.Flags = proto.FlagMulti
	}
	e.out = e.out[:0]
	for _, f := range families {
		start := len(e.out)
		e.out = proto.AppendFamily(proto.BeginMessage(e.out, answer), &f)
		e.out = proto.EndMessage(e.out, start)
	}
	if dump {
		e.out = proto.AppendDone(e.out, h.Seq, p.who.Port)
	}
	e.deliver(p, e.out, now)
	if !dump {
		e.acknowledge(p, h, message, now)
	}
}

// serveRequest answers a message of the family.
func (e *Engine) serveRequest(p *peer, h proto.Header, message []byte, dump bool, now time.Time) {
	r, err := proto.DecodeRequest(message, dump)
	switch {
	case err == nil && r.Command == proto.CmdBatchBegin:
		err = e.begin(p, now)
	case err == nil && r.Command == proto.CmdBatchCommit:
		culprit, err := e.commit(p, message)
		if err != nil {
			e.refuse(p, h.Seq, culprit, err, now)
			return
		}
		e.acknowledge(p, h, message, now)
		return
	case p.batch != nil:
		err = e.stage(p, &r, err, message, now)
		if err != nil && h.Flags&proto.FlagAck == 0 {
			// The commit tells.
			return
		}
	case err != nil:
	case r.Command.Lists():
		err = e.serveList(p, h, message, &r, now)
		if err == nil {
			return
		}
	case r.Command == proto.CmdReplace:
		err = proto.Errorf(unix.EINVAL, "%v stands alone, expected it to be the first change of a batch", r.Command)
	default:
		err = e.handler.Do(p.who, &r)
	}
	if err != nil {
		e.refuse(p, h.Seq, message, err, now)
		return
	}
	e.acknowledge(p, h, message, now)
}

// serveList answers a GET: with one message and the acknowledgement if it was
// asked for, or with a list and its end.
func (e *Engine) serveList(p *peer, h proto.Header, message []byte, r *proto.Request, now time.Time) error {
	if r.Dump && p.list != nil {
		return proto.Errorf(unix.EBUSY, "a list is still under way to this client")
	}
	replies, err := e.handler.List(p.who, r)
	if err != nil {
		return err
	}
	l := newList(h, replies, now)
	if r.Dump {
		if err := e.keep(p, now); err != nil {
			l.stop()
			return err
		}
		p.list = l
		e.sendList(p, firstDatagram, now)
		return nil
	}
	defer l.stop()
	answer := proto.Header{Type: proto.FamilyID, Seq: h.Seq, Port: p.who.Port}
	reply, ok := l.next()
	if !ok {
		return proto.Errorf(unix.ENOENT, "nothing is there")
	}
	next, more := l.next()
	if more {
		answer.Flags = proto.FlagMulti
	}
	for ok {
		e.out, err = proto.AppendReply(proto.BeginMessage(e.out[:0], answer), &reply)
		if err != nil {
			return err
		}
		e.deliver(p, proto.EndMessage(e.out, 0), now)
		reply, ok = next, more
		if more {
			next, more = l.next()
		}
	}
	if answer.Flags&proto.FlagMulti != 0 {
		e.deliver(p, proto.AppendDone(e.out[:0], h.Seq, p.who.Port), now)
		return nil
	}
	e.acknowledge(p, h, message, now)
	return nil
}

// acknowledge says that all went well, to those who asked.
func (e *Engine) acknowledge(p *peer, h proto.Header, message []byte, now time.Time) {
	if h.Flags&proto.FlagAck != 0 {
		e.out = proto.AppendAck(e.out[:0], message, p.who.Port)
		e.deliver(p, e.out, now)
	}
}

// refuse says what is wrong with the message numbered seq, asked or not.
// culprit is that message, or the one of its batch that is to blame.
func (e *Engine) refuse(p *peer, seq uint32, culprit []byte, err error, now time.Time) {
	e.out = proto.AppendError(e.out[:0], seq, culprit, p.who.Port, err)
	e.deliver(p, e.out, now)
}

// refuseCut answers a message that ends past its datagram. What is not even a
// header can not be answered.
func (e *Engine) refuseCut(p *peer, h proto.Header, datagram []byte, now time.Time) {
	if h.Flags&proto.FlagRequest == 0 {
		return
	}
	var err error = proto.Errorf(unix.EINVAL, "message is cut off after %d bytes", len(datagram))
	if p.batch != nil {
		err = e.stage(p, nil, err, datagram, now)
	}
	e.refuse(p, h.Seq, datagram, err, now)
}
