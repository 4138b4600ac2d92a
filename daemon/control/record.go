package control

import (
	"bytes"
	"iter"
	"math"
	"strings"
	"time"

	"ktcpvs/daemon/journal"
	"ktcpvs/daemon/klog"
	"ktcpvs/daemon/state"
	"ktcpvs/proto"
)

// Keeper keeps the table for the daemon that comes after this one. Its error
// refuses the change, which then has no effect.
type Keeper interface {
	Write(*state.State) error
}

// records are what was committed last, and where it is kept and told.
type records struct {
	keeper  Keeper // nil: the table ends with the daemon
	journal *journal.Journal
	now     *picture
	kept    state.State // what the keeper was given last
}

// Keep has every change kept by k, and recorded in j, from now on. It comes before
// Serve. k may be nil.
func (c *Control) Keep(k Keeper, j *journal.Journal) { c.records.keeper, c.records.journal = k, j }

// draw makes the picture of what the transaction makes of everything.
func (t *transaction) draw() *picture {
	c := t.control
	was := c.records.now
	p := newPicture(was, t.next, t.wantedAfter())
	p.config = was.config
	if t.config != "" {
		p.config = t.config
	}
	p.knobs = was.knobs
	if len(t.knobs) > 0 {
		p.knobs = make(map[string]int32, len(was.knobs))
		for name, value := range was.knobs {
			p.knobs[name] = value
		}
		for _, v := range t.knobs {
			p.knobs[v.Name] = v.Value
		}
	}
	for _, name := range c.modules.Names() {
		if !t.loadedAfter(name) {
			continue
		}
		p.loaded = append(p.loaded, name)
		if users(t.next, name) == 0 {
			p.modules = append(p.modules, name)
		}
	}
	return p
}

// wantedAfter are the services that are to run and cannot, once the transaction is
// done: those that were told to stop, that run or that are gone are none.
func (t *transaction) wantedAfter() map[string]bool {
	wanted := map[string]bool{}
	for _, names := range []map[string]bool{t.control.records.now.wanted, t.wanted} {
		for name := range names {
			if svc := t.next.Lookup(name); svc != nil && !svc.Running && !t.stopped[name] {
				wanted[name] = true
			}
		}
	}
	return wanted
}

// keep has the outcome on the disk before it takes effect.
func (t *transaction) keep() error {
	r := &t.control.records
	t.drawn = t.draw()
	if r.keeper == nil {
		return nil
	}
	s := state.State{Generation: t.next.Generation, Config: t.drawn.config, Text: t.drawn.appendText(nil, t.control.knobs)}
	if s.Generation == r.kept.Generation && s.Config == r.kept.Config && bytes.Equal(s.Text, r.kept.Text) {
		return nil
	}
	if err := r.keeper.Write(&s); err != nil {
		return err
	}
	r.kept = s
	return nil
}

// note records what has taken effect, if anything has.
func (t *transaction) note() {
	c := t.control
	was := c.records.now
	c.records.now = t.drawn
	if t.from.way == byRestore {
		return // it was recorded when it was made
	}
	d := compare(was, t.drawn)
	if d.empty() && len(t.zero) == 0 {
		return
	}
	e := journal.Entry{
		Generation: t.next.Generation, Time: time.Now().UTC().Round(0), Way: t.from.way, Who: t.from.who(),
		Services: d.services, Changes: t.said.all(), Before: d.before.all(), After: d.after.all(),
	}
	number, err := c.records.journal.Record(e)
	if err != nil {
		c.log.Say(klog.Announce, "the journal cannot be written to; it goes on in memory", "error", err)
	}
	args := []any{"number", number, "generation", e.Generation, "way", e.Way, "uid", e.UID, "pid", e.PID}
	if e.Login != nil {
		args = append(args, "login", *e.Login)
	}
	if e.Program != "" {
		args = append(args, "program", e.Program)
	}
	c.log.Say(klog.Announce, "changed", append(args, "changes", oneLine(e.Changes), "before", oneLine(e.Before), "after", oneLine(e.After))...)
}

// oneLine joins lines for the log, which has less room than the journal.
func oneLine(lines []string) string {
	const most = 4
	if len(lines) > most {
		lines = append(lines[:most:most], "...")
	}
	return strings.Join(lines, "; ")
}

// SetKnob sets a knob for a process that wrote to its file. The error is as the
// knob's own, or why the change could not be kept.
func (c *Control) SetKnob(uid uint32, pid int32, name string, value int64) error {
	if k := c.knobs.ByName(name); k != nil {
		if err := k.Check(value); err != nil { // it may not fit into a change
			return err
		}
	}
	knob := proto.KnobValue{Name: name, Value: int32(value)}
	return c.change(newTransaction(c, origin{bySysctl, pid, uid}), only(proto.Change{Command: proto.CmdSetKnob, Knob: knob}))
}

// history gives the last changes of a service, which need not be there any more;
// "" is whichever, and 0 all that are remembered.
func (c *Control) history(service string, last uint32) iter.Seq[proto.Reply] {
	n := math.MaxInt
	if last != 0 {
		n = int(last)
	}
	generation := c.store.Snapshot().Generation
	entries := c.records.journal.Last(service, n)
	return func(yield func(proto.Reply) bool) {
		for i := range entries {
			if !yield(proto.Reply{Command: proto.CmdGetHistory, Generation: generation, Entry: entryOf(&entries[i])}) {
				return
			}
		}
	}
}

func entryOf(e *journal.Entry) *proto.Entry {
	x := &proto.Entry{
		Number: e.Number, Generation: e.Generation, Time: e.Time, Way: e.Way,
		UID: e.UID, PID: uint32(e.PID), Program: e.Program,
		Services: e.Services, Changes: e.Changes, Before: e.Before, After: e.After,
	}
	if e.Login != nil {
		x.Login, x.HasLogin = *e.Login, true
	}
	return x
}
