package proto

import "math"

// kind is the shape of an attribute's payload.
type kind uint8

const (
	kindU8 kind = iota + 1
	kindU16
	kindU32
	kindU64
	kindS32
	kindPort    // u16 in network order
	kindString  // NUL-terminated
	kindFlag    // no payload
	kindAddress // 4 or 16 bytes
	kindNest
)

// attribute is what one attribute may hold.
type attribute struct {
	name     string
	kind     kind
	min, max int64    // of an integer's value, of a string's bytes without the NUL
	chars    *charset // of a string; nil: any but NUL
	nest     *set
	repeat   int // how often it may stand, when more than once
}

// set is a space of attribute numbers; index 0 is unused.
type set struct {
	name  string
	attrs []attribute
}

// The attribute sets, as ktcpvs.yaml describes them to other languages.
var (
	commandSet = &set{"command", []attribute{
		AttrService:    {name: "service", kind: kindNest, nest: serviceSet},
		AttrDest:       {name: "dest", kind: kindNest, nest: destSet},
		AttrRule:       {name: "rule", kind: kindNest, nest: ruleSet},
		AttrModule:     {name: "module", kind: kindNest, nest: moduleSet},
		AttrKnob:       {name: "knob", kind: kindNest, nest: knobSet},
		AttrInfo:       {name: "info", kind: kindNest, nest: infoSet},
		AttrGeneration: {name: "generation", kind: kindU64},
		AttrFull:       {name: "full", kind: kindFlag},
		AttrEntry:      {name: "entry", kind: kindNest, nest: entrySet},
		AttrLast:       {name: "last", kind: kindU32, min: 1, max: math.MaxUint32},
	}}

	serviceSet = &set{"service", []attribute{
		ServiceAttrName:            {name: "name", kind: kindString, min: 1, max: MaxName, chars: nameChars},
		ServiceAttrScheduler:       {name: "scheduler", kind: kindString, min: 1, max: MaxName, chars: nameChars},
		ServiceAttrListen:          {name: "listen", kind: kindNest, nest: endpointSet},
		ServiceAttrRedirect:        {name: "redirect", kind: kindNest, nest: endpointSet},
		ServiceAttrClearRedirect:   {name: "clear-redirect", kind: kindFlag},
		ServiceAttrStartServers:    {name: "start-servers", kind: kindU16, min: 1, max: math.MaxUint16},
		ServiceAttrMaxClients:      {name: "max-clients", kind: kindU16, min: 1, max: math.MaxUint16},
		ServiceAttrMinSpareServers: {name: "min-spare-servers", kind: kindU16, min: 1, max: math.MaxUint16},
		ServiceAttrMaxSpareServers: {name: "max-spare-servers", kind: kindU16, min: 1, max: math.MaxUint16},
		ServiceAttrRunning:         {name: "running", kind: kindFlag},
		ServiceAttrActiveConns:     {name: "active-conns", kind: kindU64},
		ServiceAttrStats:           {name: "stats", kind: kindNest, nest: statsSet},
		ServiceAttrVia:             {name: "via", kind: kindString, min: 1, max: MaxVia, chars: tokenChars},
		ServiceAttrAllowLoop:       {name: "allow-loop", kind: kindU8, min: 0, max: 1},
		ServiceAttrState:           {name: "state", kind: kindU8, min: 0, max: 1},
		ServiceAttrFreebind:        {name: "freebind", kind: kindU8, min: 0, max: 1},
		ServiceAttrV6Only:          {name: "v6only", kind: kindU8, min: 0, max: 1},
		ServiceAttrAlsoListen:      {name: "also-listen", kind: kindNest, nest: endpointSet, repeat: MaxListens - 1},
	}}

	destSet = &set{"dest", []attribute{
		DestAttrService:     {name: "service", kind: kindString, min: 1, max: MaxName, chars: nameChars},
		DestAttrAddress:     {name: "address", kind: kindNest, nest: endpointSet},
		DestAttrWeight:      {name: "weight", kind: kindU32, min: 0, max: MaxWeight},
		DestAttrActiveConns: {name: "active-conns", kind: kindU64},
		DestAttrStats:       {name: "stats", kind: kindNest, nest: statsSet},
		DestAttrDown:        {name: "down", kind: kindString, min: 1, max: maxReason, chars: textChars},
	}}

	ruleSet = &set{"rule", []attribute{
		RuleAttrService: {name: "service", kind: kindString, min: 1, max: MaxName, chars: nameChars},
		RuleAttrPattern: {name: "pattern", kind: kindString, min: 1, max: MaxPattern, chars: textChars},
		RuleAttrHost:    {name: "host", kind: kindString, min: 1, max: MaxPattern, chars: textChars},
		RuleAttrMethod:  {name: "method", kind: kindString, min: 1, max: MaxMethod, chars: tokenChars},
		RuleAttrHeader:  {name: "header", kind: kindNest, nest: namedPatternSet, repeat: MaxNamed},
		RuleAttrCookie:  {name: "cookie", kind: kindNest, nest: namedPatternSet, repeat: MaxNamed},
		RuleAttrQuery:   {name: "query", kind: kindNest, nest: namedPatternSet, repeat: MaxNamed},
		RuleAttrSource:  {name: "source", kind: kindNest, nest: prefixSet},
		RuleAttrMatch:   {name: "match", kind: kindU8, min: 0, max: MaxMatch},
		RuleAttrDest:    {name: "dest", kind: kindNest, nest: endpointSet, repeat: destsPerMessage},
		RuleAttrNumber:  {name: "number", kind: kindU32, min: 1, max: math.MaxUint32},
		RuleAttrHits:    {name: "hits", kind: kindU64},
		RuleAttrLast:    {name: "last", kind: kindU64},

		RuleAttrPath:       {name: "path", kind: kindString, min: 1, max: MaxPattern, chars: textChars},
		RuleAttrPrefix:     {name: "path-prefix", kind: kindString, min: 1, max: MaxPattern, chars: pathChars},
		RuleAttrIgnoreCase: {name: "ignore-case", kind: kindFlag},
	}}

	endpointSet = &set{"endpoint", []attribute{
		EndpointAttrFamily:  {name: "family", kind: kindU16, min: familyIPv4, max: familyIPv6},
		EndpointAttrAddress: {name: "address", kind: kindAddress},
		EndpointAttrPort:    {name: "port", kind: kindPort, min: 1, max: math.MaxUint16},
	}}

	prefixSet = &set{"prefix", []attribute{
		PrefixAttrFamily:  {name: "family", kind: kindU16, min: familyIPv4, max: familyIPv6},
		PrefixAttrAddress: {name: "address", kind: kindAddress},
		PrefixAttrLength:  {name: "length", kind: kindU8, min: 0, max: 128},
	}}

	namedPatternSet = &set{"named-pattern", []attribute{
		NamedAttrName:    {name: "name", kind: kindString, min: 1, max: MaxField, chars: fieldChars},
		NamedAttrPattern: {name: "pattern", kind: kindString, min: 1, max: MaxPattern, chars: textChars},
	}}

	statsSet = &set{"stats", []attribute{
		StatsAttrConns:    {name: "conns", kind: kindU64},
		StatsAttrRequests: {name: "requests", kind: kindU64},
		StatsAttrInBytes:  {name: "in-bytes", kind: kindU64},
		StatsAttrOutBytes: {name: "out-bytes", kind: kindU64},
		StatsAttrErrors:   {name: "errors", kind: kindU64},

		StatsAttrLimited:      {name: "limited", kind: kindU64},
		StatsAttrUnconnected:  {name: "unconnected", kind: kindU64},
		StatsAttrResets:       {name: "resets", kind: kindU64},
		StatsAttrTimeouts:     {name: "timeouts", kind: kindU64},
		StatsAttrBadResponses: {name: "bad-responses", kind: kindU64},
	}}

	moduleSet = &set{"module", []attribute{
		ModuleAttrName:   {name: "name", kind: kindString, min: 1, max: MaxName, chars: nameChars},
		ModuleAttrLoaded: {name: "loaded", kind: kindFlag},
		ModuleAttrUsers:  {name: "users", kind: kindU32, max: math.MaxUint32},
	}}

	knobSet = &set{"knob", []attribute{
		KnobAttrName:  {name: "name", kind: kindString, min: 1, max: maxKnobName, chars: nameChars},
		KnobAttrValue: {name: "value", kind: kindS32, min: math.MinInt32, max: math.MaxInt32},
	}}

	infoSet = &set{"info", []attribute{
		InfoAttrVersion:    {name: "version", kind: kindString, min: 1, max: maxVersion, chars: textChars},
		InfoAttrPID:        {name: "pid", kind: kindU32, max: math.MaxUint32},
		InfoAttrGeneration: {name: "generation", kind: kindU64},
		InfoAttrServices:   {name: "services", kind: kindU32, max: math.MaxUint32},
		InfoAttrKnob:       {name: "knob", kind: kindNest, nest: knobSet, repeat: maxKnobs},
	}}

	entrySet = &set{"entry", []attribute{
		EntryAttrNumber:     {name: "number", kind: kindU64},
		EntryAttrGeneration: {name: "generation", kind: kindU64},
		EntryAttrTime:       {name: "time", kind: kindU64},
		EntryAttrWay:        {name: "way", kind: kindString, min: 1, max: maxWay, chars: nameChars},
		EntryAttrUID:        {name: "uid", kind: kindU32, max: math.MaxUint32},
		EntryAttrPID:        {name: "pid", kind: kindU32, max: math.MaxUint32},
		EntryAttrLogin:      {name: "login", kind: kindU32, max: math.MaxUint32},
		EntryAttrProgram:    {name: "program", kind: kindString, min: 1, max: maxEntryText, chars: textChars},
		EntryAttrService:    {name: "service", kind: kindString, min: 1, max: maxEntryText, chars: textChars, repeat: maxEntryLines},
		EntryAttrChange:     {name: "change", kind: kindString, min: 1, max: maxEntryText, chars: textChars, repeat: maxEntryLines},
		EntryAttrBefore:     {name: "before", kind: kindString, min: 1, max: maxEntryText, chars: textChars, repeat: maxEntryLines},
		EntryAttrAfter:      {name: "after", kind: kindString, min: 1, max: maxEntryText, chars: textChars, repeat: maxEntryLines},
	}}
)

// Limits of what is only reported.
const (
	maxKnobName = 31
	maxKnobs    = 64
	maxVersion  = 63
	maxReason   = 63
	maxWay      = 15

	maxEntryText  = 300
	maxEntryLines = 33

	// destsPerMessage bounds a rule's servers in one message, so that the
	// nest stays within its 16-bit length. A rule with more is continued in
	// the next message, which repeats the conditions.
	destsPerMessage = 256
)

// bits makes a mask of attribute numbers.
func bits(attrs ...uint) (mask uint64) {
	for _, a := range attrs {
		mask |= 1 << a
	}
	return mask
}

// form says which attributes one command takes: the nest it works on, what
// must stand in it, what may, and whether it may be left out altogether.
type form struct {
	nest     uint // AttrService...; 0: the command takes nothing
	must     uint64
	may      uint64
	optional bool   // the nest may be absent
	extra    uint64 // further attributes of the message
}

// operation is a command's two forms; a nil one is not offered.
type operation struct {
	do, dump *form
}

var (
	nothing     = &form{}
	serviceName = &form{nest: AttrService, must: bits(ServiceAttrName)}
	anyService  = &form{nest: AttrService, must: bits(ServiceAttrName), optional: true}

	serviceSettings = bits(ServiceAttrScheduler, ServiceAttrListen, ServiceAttrRedirect,
		ServiceAttrStartServers, ServiceAttrMaxClients,
		ServiceAttrMinSpareServers, ServiceAttrMaxSpareServers, ServiceAttrVia, ServiceAttrAllowLoop, ServiceAttrState,
		ServiceAttrFreebind, ServiceAttrV6Only, ServiceAttrAlsoListen)

	destName   = &form{nest: AttrDest, must: bits(DestAttrService, DestAttrAddress)}
	destWeight = &form{nest: AttrDest, must: bits(DestAttrService, DestAttrAddress, DestAttrWeight)}

	conditions = bits(RuleAttrPattern, RuleAttrHost, RuleAttrMethod, RuleAttrHeader,
		RuleAttrCookie, RuleAttrQuery, RuleAttrSource, RuleAttrPath, RuleAttrPrefix, RuleAttrIgnoreCase)

	moduleName = &form{nest: AttrModule, must: bits(ModuleAttrName)}
)

// operations is what each command takes; one that is missing is unknown.
var operations = map[Command]operation{
	CmdNewService: {do: &form{nest: AttrService, must: bits(ServiceAttrName), may: serviceSettings}},
	CmdSetService: {do: &form{nest: AttrService, must: bits(ServiceAttrName),
		may: serviceSettings | bits(ServiceAttrClearRedirect)}},
	CmdDelService: {do: serviceName},
	CmdGetService: {do: serviceName, dump: &form{nest: AttrService, must: bits(ServiceAttrName),
		optional: true, extra: bits(AttrFull)}},
	CmdNewDest: {do: destWeight},
	CmdSetDest: {do: destWeight},
	CmdDelDest: {do: destName},
	CmdGetDest: {do: destName, dump: &form{nest: AttrDest, must: bits(DestAttrService), optional: true}},
	CmdNewRule: {do: &form{nest: AttrRule, must: bits(RuleAttrService, RuleAttrDest),
		may: conditions | bits(RuleAttrMatch, RuleAttrNumber)}},
	CmdDelRule: {do: &form{nest: AttrRule, must: bits(RuleAttrService, RuleAttrDest), may: conditions}},
	CmdGetRule: {do: &form{nest: AttrRule, must: bits(RuleAttrService), may: conditions},
		dump: &form{nest: AttrRule, must: bits(RuleAttrService), optional: true}},
	CmdFlush:       {do: nothing},
	CmdStart:       {do: anyService},
	CmdStop:        {do: anyService},
	CmdZero:        {do: anyService},
	CmdGetInfo:     {do: nothing},
	CmdNewModule:   {do: moduleName},
	CmdDelModule:   {do: moduleName},
	CmdGetModule:   {do: moduleName, dump: nothing},
	CmdBatchBegin:  {do: nothing},
	CmdBatchCommit: {do: nothing},
	CmdSetKnob:     {do: &form{nest: AttrKnob, must: bits(KnobAttrName, KnobAttrValue)}},
	CmdReplace:     {do: nothing},
	CmdMoveRule:    {do: &form{nest: AttrRule, must: bits(RuleAttrService, RuleAttrNumber), may: conditions}},
	CmdGetHistory: {dump: &form{nest: AttrService, must: bits(ServiceAttrName),
		optional: true, extra: bits(AttrLast)}},
}

// Flags says what the command can do and what it demands; 0 for a command
// that does not exist.
func (c Command) Flags() OpFlags {
	op, ok := operations[c]
	if !ok {
		return 0
	}
	flags := OpUnsAdminPerm
	if op.do != nil {
		flags |= OpDo
	}
	if op.dump != nil {
		flags |= OpDump
	}
	return flags
}
