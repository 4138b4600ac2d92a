// Package control carries out what operators ask: it turns requests of the
// netlink family into transactions of the table, calls of the runtime and
// values of the knobs, and their outcomes into errnos with a text. It is the
// table's only writer. What is allowed is decided by the table, the registry
// and the knobs; who may ask, by the kernel.
package control

import (
	"context"
	"iter"
	"sync"

	"ktcpvs/daemon/journal"
	"ktcpvs/daemon/klog"
	"ktcpvs/daemon/knob"
	"ktcpvs/daemon/sched"
	"ktcpvs/daemon/table"
	"ktcpvs/proto"
	"ktcpvs/proto/engine"
	"ktcpvs/proto/nlport"

	"golang.org/x/sys/unix"
)

// Runtime runs the services that the table describes.
type Runtime interface {
	// Prepare opens the sockets of what is to run in next and does not listen yet.
	// The error is a *table.ListenError, and then nothing was opened. Once next is
	// the table, settle(true) has them accept, and what is to listen no more stops
	// and lets what is open finish; settle(false) takes everything back.
	Prepare(next *table.Snapshot) (settle func(taken bool), err error)

	// Changed tells that the table has changed, before the operator hears of it.
	// When it returns, nobody chooses servers by an earlier snapshot.
	Changed()

	// StopAll closes every listener and lets what is open finish.
	StopAll()
}

// Control is the operators' way to the daemon. It may be used by any
// goroutine.
type Control struct {
	store   *table.Store
	modules *sched.Registry
	knobs   *knob.Knobs
	runtime Runtime
	log     *klog.Logger
	local   table.Local

	mu    sync.Mutex // one change at a time of everything but the knobs
	ended bool       // by Shutdown

	records records // guarded by mu, but for the journal

	setting sync.Mutex // one change with knobs at a time; taken before mu
}

// New makes the control of a table that nobody else writes; local tells which
// addresses are this machine's.
func New(store *table.Store, reg *sched.Registry, knobs *knob.Knobs, rt Runtime, log *klog.Logger, local table.Local) *Control {
	c := &Control{store: store, modules: reg, knobs: knobs, runtime: rt, log: log, local: local}
	c.records.journal = journal.New()
	c.records.now = &picture{snapshot: store.Snapshot(), knobs: map[string]int32{}, loaded: reg.Loaded()}
	for _, k := range knobs.All() {
		c.records.now.knobs[k.Name()] = k.Get()
	}
	return c
}

// Serve answers the clients of l until ctx is done, which gives nil.
func (c *Control) Serve(ctx context.Context, l *nlport.Listener) error {
	e := engine.New(l, c, engine.DefaultLimits(), func(text string) { c.log.Say(klog.Fault, text) })
	defer e.Close()
	return nlport.Serve(ctx, l, e)
}

// Do carries out a request that is only acknowledged. Its errors are
// *proto.Error.
func (c *Control) Do(from proto.Peer, r *proto.Request) error {
	var err error
	if r.Command == proto.CmdStart {
		err = c.startAll(fromPeer(from), r.Service.Name)
	} else {
		err = c.change(newTransaction(c, fromPeer(from)), only(r.Change()))
	}
	if err != nil {
		refused := errorOf(r.Command, err)
		c.log.Say(klog.Fault, "refused", "command", r.Command.String(), "error", refused.Error(), "pid", from.PID)
		return refused
	}
	if c.log.Enabled(klog.Config) {
		c.log.Say(klog.Config, r.Command.String(), append(describe(r), "pid", from.PID, "uid", from.UID)...)
	}
	return nil
}

// Commit makes all of the changes or none. Its errors are *proto.Error with
// the Index of the change to blame.
func (c *Control) Commit(from proto.Peer, changes iter.Seq2[int, proto.Change]) error {
	t := newTransaction(c, fromPeer(from))
	if err := c.change(t, changes); err != nil {
		refused := errorOf(t.command, err)
		refused.Index = t.blame(err, changes)
		c.log.Say(klog.Fault, "batch refused", "error", refused.Error(), "pid", from.PID)
		return refused
	}
	c.log.Say(klog.Config, "batch", "generation", c.store.Snapshot().Generation, "pid", from.PID, "uid", from.UID)
	return nil
}

// tellDear logs which services have rules that a URI may be made for which is dear
// to match: when they become so, and when it becomes more than four times as dear.
func (c *Control) tellDear(before *table.Snapshot) {
	for _, svc := range c.store.Snapshot().Services {
		if svc.Matcher == nil {
			continue
		}
		was := before.Lookup(svc.Name)
		known := was != nil && was.Matcher != nil
		if known && was.Matcher != svc.Matcher {
			svc.Matcher.Inherit(was.Matcher)
		}
		may, should, largest, dear := svc.Matcher.Dear()
		if !dear {
			continue
		}
		if known {
			if mayBefore, _, _, _ := was.Matcher.Dear(); 4*mayBefore >= may {
				continue
			}
		}
		c.log.Say(klog.Announce, "rules may be dear to match", "service", svc.Name,
			"uri of 8 KiB may take", may.String(), "should take", should.String(), "largest rule", largest.URI())
	}
}

// blameRule finds the change that brought a rule which does not compile: that
// shows only when all rules of the service are compiled together.
func blameRule(rule *table.RuleError, changes iter.Seq2[int, proto.Change]) int {
	if rule.Err.Index < 0 {
		return 0
	}
	wanted := conditionsOf(&rule.Pattern)
	for i, change := range changes {
		if change.Command == proto.CmdNewRule && change.Rule.Service == rule.Service && change.Rule.Conditions.Equal(&wanted) {
			return i
		}
	}
	return 0
}

// blameLoop finds the last change that had a part in a way back to the daemon.
func blameLoop(led *table.LoopError, changes iter.Seq2[int, proto.Change]) (index int) {
	for i, change := range changes {
		switch name := change.Service.Name; change.Command {
		case proto.CmdNewDest:
			addr := change.Dest.Addr
			if change.Dest.Service == led.Service && addr.Addr().Unmap() == led.Addr.Addr() && (addr.Port() == 0 || addr.Port() == led.Addr.Port()) {
				index = i
			}
		case proto.CmdNewService, proto.CmdSetService:
			if name == led.Service || name == led.To {
				index = i
			}
		}
	}
	return index
}

// blameListen finds the last change that would have a service listen.
func blameListen(service string, changes iter.Seq2[int, proto.Change]) (index int) {
	for i, change := range changes {
		switch name := change.Service.Name; change.Command {
		case proto.CmdStart:
			if name == service || name == "" {
				index = i
			}
		case proto.CmdNewService, proto.CmdSetService:
			if name == service {
				index = i
			}
		}
	}
	return index
}

// Flush deletes every service; EBUSY while one runs.
func (c *Control) Flush() error {
	return c.change(newTransaction(c, itself(byDaemon)), only(proto.Change{Command: proto.CmdFlush}))
}

// zero clears the counters of a service and its servers; "" is every service.
func zero(snapshot *table.Snapshot, name string) {
	services, _ := servicesOf(snapshot, name)
	for _, svc := range services {
		svc.Live.Stats.Zero()
		for _, server := range svc.Servers {
			server.Live.Stats.Zero()
		}
		for _, rule := range svc.Rules {
			rule.Hits.Zero()
		}
	}
}

// servicesOf gives the service of that name, or with "" every one.
func servicesOf(snapshot *table.Snapshot, name string) ([]*table.Service, error) {
	if name == "" {
		return snapshot.Services, nil
	}
	svc := snapshot.Lookup(name)
	if svc == nil {
		return nil, proto.Errorf(unix.ESRCH, "service %q", name)
	}
	return []*table.Service{svc}, nil
}
