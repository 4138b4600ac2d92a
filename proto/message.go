package proto

import "iter"

// Request is what a client asks. Command says which of the values is meant.
type Request struct {
	Command Command
	Dump    bool   // list (NLM_F_DUMP) instead of fetching one
	Full    bool   // GET_SERVICE dumped: each service followed by its servers and rules
	Last    uint32 // GET_HISTORY: how many entries, counted from the last; 0 is all there are

	Service Service
	Dest    Dest
	Rule    Rule
	Module  Module
	Knob    KnobValue
}

// Reply is one message of an answer. Exactly one of the pointers is set.
type Reply struct {
	Command    Command // of the request
	Generation uint64  // of the table it was read from

	Service *Service
	Dest    *Dest
	Rule    *Rule
	Module  *Module
	Info    *Info
	Entry   *Entry
}

// Change gives the request's part that a batch holds.
func (r *Request) Change() Change {
	return Change{Command: r.Command, Service: r.Service, Dest: r.Dest, Rule: r.Rule, Module: r.Module, Knob: r.Knob}
}

// Request makes the change a request of its own.
func (c *Change) Request() Request {
	return Request{Command: c.Command, Service: c.Service, Dest: c.Dest, Rule: c.Rule, Module: c.Module, Knob: c.Knob}
}

// Peer is who sent a datagram, as the kernel vouches for it.
type Peer struct {
	Port uint32 // netlink port id
	PID  int32  // process, 0 when outside the receiver's pid namespace
	UID  uint32
	GID  uint32
}

// Parts splits an answer about a rule with more servers than one message holds:
// each part repeats the rule with some of them, in order.
func (r *Reply) Parts() iter.Seq[Reply] {
	return func(yield func(Reply) bool) {
		part := *r
		for part.Rule != nil && len(part.Rule.Dests) > destsPerMessage {
			head, tail := *part.Rule, *part.Rule
			head.Dests, tail.Dests = head.Dests[:destsPerMessage], tail.Dests[destsPerMessage:]
			first := part
			first.Rule, part.Rule = &head, &tail
			if !yield(first) {
				return
			}
		}
		yield(part)
	}
}
