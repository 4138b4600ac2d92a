package table

// Unit is what a scheduler makes its choice for.
type Unit int

const (
	PerConnection Unit = iota // once, then bytes go both ways until an end closes
	PerRequest                // every request on a connection by itself
)

// Scheduler is an algorithm that picks real servers (reference section 5).
type Scheduler struct {
	Name      string
	Unit      Unit
	Content   bool // reads requests and matches them against the rules
	Affinity  bool // keeps a client that was given a cookie at its server
	HashGroup bool // picks by a hash of the rule's capture group

	// Build makes the picker of a list of servers, newest first. The list is
	// the picker's to keep and nobody's to change.
	Build func(servers []*Server) Picker
}

// Picker picks among the servers it was built of. It is safe on any number of
// goroutines, of which each is another loop, and does not allocate.
type Picker interface {
	// Pick returns a server of weight above 0 for a loop, nil when there is none.
	// The key matters only to schedulers that hash.
	Pick(loop int, key uint32) *Server
	// PickOther is Pick among the servers that have not failed; one that is away
	// only if all are. It looks at each server twice at most.
	PickOther(key uint32, avoid *Avoid) *Server
}

// Schedulers finds schedulers by name.
type Schedulers interface {
	// Scheduler loads the scheduler if it is not loaded yet. Its error is
	// ErrNoScheduler to errors.Is.
	Scheduler(name string) (*Scheduler, error)
}
