package proto

// Attribute numbers. They are the wire: never reuse one. What each may hold is
// in policy.go, and for other languages in ktcpvs.yaml.

// Attributes of a message.
const (
	AttrService    = 1 + iota // nest of ServiceAttr*
	AttrDest                  // nest of DestAttr*
	AttrRule                  // nest of RuleAttr*
	AttrModule                // nest of ModuleAttr*
	AttrKnob                  // nest of KnobAttr*
	AttrInfo                  // nest of InfoAttr*
	AttrGeneration            // u64: of the table that the answer was read from
	AttrFull                  // flag: list each service with its servers and rules
	AttrEntry                 // nest of EntryAttr*
	AttrLast                  // u32: how many entries, counted from the last
)

// Attributes of a service.
const (
	ServiceAttrName = 1 + iota
	ServiceAttrScheduler
	ServiceAttrListen // nest of EndpointAttr*
	ServiceAttrRedirect
	ServiceAttrClearRedirect
	ServiceAttrStartServers
	ServiceAttrMaxClients
	ServiceAttrMinSpareServers
	ServiceAttrMaxSpareServers
	ServiceAttrRunning
	ServiceAttrActiveConns
	ServiceAttrStats // nest of StatsAttr*
	ServiceAttrVia
	ServiceAttrAllowLoop // u8: 0 or 1
	ServiceAttrState     // u8: 0 stopped, 1 running
	ServiceAttrFreebind  // u8: 0 or 1
	ServiceAttrV6Only    // u8: 0 or 1
	ServiceAttrAlsoListen
)

// Attributes of a real server.
const (
	DestAttrService = 1 + iota
	DestAttrAddress // nest of EndpointAttr*
	DestAttrWeight
	DestAttrActiveConns
	DestAttrStats // nest of StatsAttr*
	DestAttrDown
)

// Attributes of a rule. Header, cookie, query and dest may stand repeatedly.
const (
	RuleAttrService = 1 + iota
	RuleAttrPattern
	RuleAttrHost
	RuleAttrMethod
	RuleAttrHeader // nest of NamedAttr*
	RuleAttrCookie
	RuleAttrQuery
	RuleAttrSource // nest of PrefixAttr*
	RuleAttrMatch
	RuleAttrDest // nest of EndpointAttr*
	RuleAttrNumber
	RuleAttrHits
	RuleAttrLast
	RuleAttrPath
	RuleAttrPrefix
	RuleAttrIgnoreCase // flag: of pattern, path or prefix
)

// Attributes of an address with a port.
const (
	EndpointAttrFamily  = 1 + iota // u16: AF_INET or AF_INET6
	EndpointAttrAddress            // 4 or 16 bytes, as the family asks
	EndpointAttrPort               // u16 in network order
)

// Attributes of an address prefix.
const (
	PrefixAttrFamily = 1 + iota
	PrefixAttrAddress
	PrefixAttrLength
)

// Attributes of a named pattern.
const (
	NamedAttrName = 1 + iota
	NamedAttrPattern
)

// Attributes of counters, all u64.
const (
	StatsAttrConns = 1 + iota
	StatsAttrRequests
	StatsAttrInBytes
	StatsAttrOutBytes
	StatsAttrErrors
	StatsAttrLimited
	StatsAttrUnconnected
	StatsAttrResets
	StatsAttrTimeouts
	StatsAttrBadResponses
)

// Attributes of a module.
const (
	ModuleAttrName = 1 + iota
	ModuleAttrLoaded
	ModuleAttrUsers
)

// Attributes of a knob.
const (
	KnobAttrName = 1 + iota
	KnobAttrValue
)

// Attributes of the daemon's account of itself. Knob stands repeatedly.
const (
	InfoAttrVersion = 1 + iota
	InfoAttrPID
	InfoAttrGeneration
	InfoAttrServices
	InfoAttrKnob // nest of KnobAttr*
)

// Attributes of a change that was made. Service, change, before and after stand
// repeatedly.
const (
	EntryAttrNumber     = 1 + iota // u64
	EntryAttrGeneration            // u64: of the table, after it
	EntryAttrTime                  // u64: nanoseconds since 1970
	EntryAttrWay
	EntryAttrUID
	EntryAttrPID
	EntryAttrLogin
	EntryAttrProgram
	EntryAttrService
	EntryAttrChange
	EntryAttrBefore
	EntryAttrAfter
)

// Address families of an endpoint or prefix (linux/socket.h).
const (
	familyIPv4 = 2
	familyIPv6 = 10
)
