package proto

import (
	"net/netip"
	"time"
)

// Limits of the table's values, from the reference's section 1 and 2.
const (
	MaxName    = 15    // bytes of a service's ident, without the NUL
	MaxPattern = 255   // bytes of an expression
	MaxMatch   = 10    // highest capture group
	MaxWeight  = 65535 // weight of a real server
	MaxMethod  = 32    // bytes of a rule's method
	MaxField   = 255   // bytes of a header's, cookie's or query parameter's name
	MaxNamed   = 16    // headers of a rule, as many cookies, as many query parameters
	MaxVia     = 63    // bytes of a pseudonym in Via
	MaxListens = 32    // addresses where a service listens
)

// Schedulers are those there are, in the reference's order.
var Schedulers = []string{"wlc", "http", "phttp", "chttp", "hhttp"}

// Defaults of a virtual service that a command does not give.
const (
	DefaultScheduler       = "http"
	DefaultListenPort      = 8080
	DefaultStartServers    = 8
	DefaultMaxClients      = 65535
	DefaultMinSpareServers = 6
	DefaultMaxSpareServers = 18
)

// Service is a virtual service. In a change, a zero field is one that was not
// given: NEW_SERVICE takes the default for it, SET_SERVICE leaves it as it is.
type Service struct {
	Name      string
	Scheduler string

	// Listen may lack its address or its port in a change: only the part that
	// is there was given.
	Listen netip.AddrPort

	// Also are the addresses where it listens besides. In a change they come with
	// an address in Listen, and both together are all that the service is to have;
	// one without a port has that of Listen.
	Also []netip.AddrPort

	// Redirect is where a connection goes that no server can take; the zero
	// AddrPort is none. ClearRedirect, in SET_SERVICE, takes it away.
	Redirect      netip.AddrPort
	ClearRedirect bool

	// Via is what requests are marked with: "on", the daemon's own pseudonym,
	// which is the default and is not reported; "off"; or a pseudonym.
	Via string

	// AllowLoop lets the service lead to a service of the same daemon without a
	// Via to tell by. Reported when it is on.
	AllowLoop Switch

	// Freebind lets the service listen at an address that is not this machine's yet;
	// V6Only leaves IPv4 alone where it listens at [::]. Reported when on.
	Freebind Switch
	V6Only   Switch

	// State, in a change, has the service run or not; not given, it goes on as it
	// is, and a new one is stopped.
	State Switch

	// Connection contexts and connections, each 1..65535.
	StartServers    uint16
	MaxClients      uint16
	MinSpareServers uint16
	MaxSpareServers uint16

	// Reported, never set: whether it listens, and what it has counted.
	Running     bool
	ActiveConns uint64
	Stats       Stats
}

// Switch is a setting that is on or off.
type Switch uint8

// The states of a Switch.
const (
	NotGiven Switch = iota
	Off
	On
)

// Dest is a real server of a service.
type Dest struct {
	Service string
	Addr    netip.AddrPort // in a change, port 0 is the service's own port
	Weight  uint32         // 0..65535; 0 is quiescent

	// Reported, never set. Down says why no connection to it could be made, and that
	// others are preferred to it; "" is up.
	ActiveConns uint64
	Stats       Stats
	Down        string
}

// Rule sends requests that its conditions hold for to its servers.
type Rule struct {
	Service string
	Conditions
	Match uint8 // capture group that hhttp hashes, 0..10

	// Dests are the rule's servers, newest first when reported; a change
	// names exactly one.
	Dests []netip.AddrPort

	// Number, in a change, is where the rule comes to stand: 1 is tried first. To
	// NEW_RULE, 0 is the usual place.
	Number uint32

	// Reported, never set: the requests that it has decided, and when it did last, in
	// Unix seconds; 0 is never.
	Hits uint64
	Last int64
}

// Conditions are what a rule asks of a request. An empty one asks nothing; all
// that are given must hold. Two rules of a service with equal Conditions are
// one rule.
type Conditions struct {
	Pattern string // extended regular expression, found anywhere in the URI
	Path    string // such an expression, found in the path, which ends before the query
	Prefix  string // what the path begins with, byte by byte
	Host    string // extended regular expression, found in the request's host without its port; case does not count
	Method  string // one token, compared exactly
	Headers []NamedPattern
	Cookies []NamedPattern
	Queries []NamedPattern
	Source  netip.Prefix // the client's address

	// IgnoreCase has Pattern, Path or Prefix, of which there is one at most, be found
	// whatever its case.
	IgnoreCase bool
}

// NamedPattern asks that a header, cookie or query parameter of this name
// stands in the request and that the expression is found in its value; an
// empty expression asks only that it is there.
type NamedPattern struct {
	Name    string
	Pattern string
}

// Virtual is a service with all that belongs to it: newest first when it
// comes from the daemon, in file order when it comes from a configuration.
type Virtual struct {
	Service Service
	Dests   []Dest
	Rules   []Rule
}

// Stats are counters since the service was added or zeroed.
type Stats struct {
	Conns    uint64
	Requests uint64
	InBytes  uint64 // from clients
	OutBytes uint64 // to clients

	// Of a service, the answers the daemon had to make itself, 4xx and 5xx, the
	// connections turned away without one, and the requests whose client went first.
	// Of a server, what Unconnected and those after it are together.
	Errors uint64

	Limited uint64 // of a service: connections that waited in the listen queue for a place

	// How often a server did not do what it was asked for; of a service, those of
	// its servers and of its redirect address.
	Unconnected  uint64 // it took no connection
	Resets       uint64 // it ended one before its response was whole
	Timeouts     uint64 // it took too long for its response
	BadResponses uint64 // it sent what is no response
}

// Info is what the daemon says of itself.
type Info struct {
	Version    string
	PID        uint32
	Generation uint64 // goes up by one with every change of the table
	Services   uint32
	Knobs      []KnobValue
}

// KnobValue is one sysctl integer.
type KnobValue struct {
	Name  string
	Value int32
}

// Module is a scheduler as an operator's scripts see it.
type Module struct {
	Name   string // "wlc", "http", ...
	Loaded bool
	Users  uint32 // services that use it
}

// Entry is a change that was made, or the changes of a batch.
type Entry struct {
	Number     uint64 // counted from 1
	Generation uint64 // of the table, after it
	Time       time.Time
	Way        string // how it came: "netlink", "sysctl", "config", ...

	UID      uint32
	PID      uint32 // 0: not seen by the daemon
	Login    uint32 // the user of the login session; HasLogin tells whether there is one
	HasLogin bool
	Program  string

	Services []string // that it touched
	Changes  []string // what was asked for
	Before   []string // lines of the table that are no more
	After    []string // lines that are new
}

// Change is one step of a transaction. Command says which of the values is
// meant; the others are zero.
type Change struct {
	Command Command
	Service Service
	Dest    Dest
	Rule    Rule
	Module  Module
	Knob    KnobValue
}
