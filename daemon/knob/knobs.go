package knob

import "math"

const (
	second = "seconds"
	days   = 24 * 60 * 60
)

// Knobs are all tunables of the daemon: the files of /proc/sys/net/ktcpvs
// (reference section 6), and our own behind them.
type Knobs struct {
	DebugLevel       *Knob
	Unload           *Knob
	MaxBacklog       *Knob
	ZerocopySend     *Knob
	KeepaliveTimeout *Knob
	ReadTimeout      *Knob

	Limits Limits

	all []*Knob
}

// New returns every knob at its default. This is the one place that says what
// knobs there are.
func New() *Knobs {
	k := &Knobs{}
	k.DebugLevel = k.add(spec{
		name: "debug_level", unit: "level",
		initial: 0, min: math.MinInt32, max: math.MaxInt32,
		help: "how much is logged, each level with all below it: " +
			"0 announcements and transmission errors, 1 non-fatal errors, 2 configuration, " +
			"3 daemon and listening, 4 connections new, expired and looked up, " +
			"5 connection handling and scheduling, 8 state transitions, 12 data relay; " +
			"a negative level logs nothing",
	})
	k.Unload = k.add(spec{
		name: "unload", unit: "switch",
		initial: 0, min: 0, max: 1,
		help: "1 stops every service, waits for its connections and flushes the table; " +
			"services start again once it is 0",
	})
	k.MaxBacklog = k.add(spec{
		name: "max_backlog", unit: "connections",
		initial: 2048, min: 1, max: math.MaxInt32,
		help: "listen backlog of a service, of which the kernel allows net.core.somaxconn at most",
	})
	k.ZerocopySend = k.add(spec{
		name: "zerocopy_send", unit: "mode",
		initial: 2, min: 0, max: 2,
		help: "0 copies bulk data through user space, 1 relays it without copying, " +
			"2 does for each body what costs less CPU at its size",
	})
	k.KeepaliveTimeout = k.add(spec{
		name: "keepalive_timeout", unit: second,
		initial: 30, min: 1, max: 7 * days,
		help: "an idle client connection, and an idle pooled server connection, closes after this long",
	})
	k.ReadTimeout = k.add(spec{
		name: "read_timeout", unit: second,
		initial: 180, min: 1, max: 7 * days,
		help: "a relayed connection with no byte either way closes after this long",
	})
	k.addLimits()
	return k
}

func (k *Knobs) add(s spec) *Knob {
	knob := newKnob(s)
	k.all = append(k.all, knob)
	return knob
}

// All returns the knobs in the order that they are shown in. The slice is the
// caller's.
func (k *Knobs) All() []*Knob { return append([]*Knob(nil), k.all...) }

// ByName returns the knob of that name, or nil.
func (k *Knobs) ByName(name string) *Knob {
	for _, knob := range k.all {
		if knob.Name() == name {
			return knob
		}
	}
	return nil
}
