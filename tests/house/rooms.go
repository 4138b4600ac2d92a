package house

import "strings"

// layer is what one package may import of this module, and whether it is pure:
// without IO, clock or goroutine.
type layer struct {
	pure  bool
	rooms []string
}

// Of the data path, the right side may import the left:
//
//	http1, stats, match <- table <- sched, relay
//	relay, pool, poll <- loop
//	proto, table, sched, stats <- control
//
// knob and klog are for whoever has something to tune or to say. Only the
// daemon's main imports loop and control.
var (
	leaves  = []string{"daemon/http1", "daemon/stats", "daemon/match"}
	model   = join(leaves, "daemon/table")
	service = []string{"daemon/knob", "daemon/klog"}
	wire    = []string{"proto", "proto/engine", "proto/nlport"}
)

// layers is every package that is part of a program. A new package needs a
// line here: the right place for it is a decision.
var layers = map[string]layer{
	"proto":           {pure: true},
	"proto/spelling":  {pure: true},
	"proto/release":   {rooms: []string{"proto"}},
	"proto/resolve":   {},
	"proto/conf":      {pure: true, rooms: []string{"proto", "proto/spelling", "daemon/knob"}},
	"proto/model":     {rooms: []string{"proto"}},
	"proto/advice":    {pure: true, rooms: []string{"proto", "proto/conf", "daemon/match"}},
	"proto/drift":     {pure: true, rooms: []string{"proto", "proto/conf"}},
	"proto/engine":    {rooms: []string{"proto"}},
	"proto/nlport":    {rooms: []string{"proto"}},
	"proto/client":    {rooms: []string{"proto", "proto/nlport"}},
	"proto/prototest": {rooms: join(wire, "proto/model")},

	"daemon/knob":  {pure: true},
	"daemon/klog":  {},
	"daemon/http1": {pure: true},
	"daemon/stats": {pure: true},
	"daemon/match": {pure: true},
	"daemon/table": {pure: true, rooms: leaves},
	"daemon/sched": {pure: true, rooms: model},
	"daemon/relay": {pure: true, rooms: model},
	"daemon/limit": {},
	"daemon/pool":  {pure: true},
	"daemon/poll":  {},
	"daemon/loop":  {rooms: join(join(model, service...), "daemon/relay", "daemon/pool", "daemon/poll", "daemon/limit")},
	"daemon/control": {rooms: join(join(model, service...),
		join(wire, "daemon/sched", "daemon/state", "daemon/journal", "proto/conf")...)},
	"daemon/state":      {},
	"daemon/configfile": {rooms: []string{"proto", "proto/conf", "proto/resolve"}},
	"daemon/journal":    {},
	"daemon/privilege":  {},
	"daemon/ktcpvsd":    {rooms: []string{"daemon/...", "proto/...", "fuse/..."}},

	"fuse/mounts":   {},
	"fuse/sysctlfs": {rooms: []string{"fuse/mounts"}},
	"fuse/graft":    {rooms: []string{"fuse/mounts", "fuse/sysctlfs"}},
	"fuse/fusetest": {rooms: []string{"tests/require"}},

	"tcpvsadm": {rooms: []string{"proto/..."}},
}

func join(rooms []string, more ...string) []string {
	return append(append([]string(nil), rooms...), more...)
}

// layerOf finds the layer of a directory. Packages under tests may import
// anything but what is main's alone.
func layerOf(dir string) (l layer, known bool) {
	if strings.HasPrefix(dir, "tests/") {
		return layer{rooms: []string{"daemon/...", "proto/...", "fuse/...", "tests/..."}}, true
	}
	l, known = layers[dir]
	return l, known
}

// allows tells whether a package of this layer may import the one in dir.
func (l layer) allows(dir string) bool {
	for _, room := range l.rooms {
		tree, all := strings.CutSuffix(room, "...")
		if dir == room || all && (strings.HasPrefix(dir, tree) || dir+"/" == tree) {
			return true
		}
	}
	return false
}

// mainsAlone are imported by the daemon's main and by nobody else.
var mainsAlone = map[string]bool{"daemon/loop": true, "daemon/control": true}
