package table

import (
	"net/netip"

	"ktcpvs/daemon/match"
)

// Server is a real server of a service. It never changes: another weight is
// another Server with the same Live.
type Server struct {
	Addr   netip.AddrPort
	Weight int // 0: quiescent, keeps what it has and gets nothing new
	Live   *Live
}

// Rule sends the requests that its pattern holds for to its servers.
type Rule struct {
	Pattern match.Pattern
	Match   int       // capture group of the URI that is hashed, 0 the whole match
	Servers []*Server // newest first
	Picker  Picker    // over Servers
	Hits    *Hits
}

// String is the rule as a message names it.
func (r *Rule) String() string { return describe(&r.Pattern) }

// Service is a virtual service as it stands in one Snapshot. It never changes.
type Service struct {
	Name      string
	Scheduler *Scheduler
	Listen    netip.AddrPort
	Also      []netip.AddrPort // where it listens, too, in the order given
	Redirect  netip.AddrPort   // zero: none
	Via       string           // ViaOn, ViaOff or a pseudonym
	AllowLoop bool
	Freebind  bool
	V6Only    bool
	Running   bool

	// Connection contexts kept warm, and connections served at once.
	StartServers    int
	MaxClients      int
	MinSpareServers int
	MaxSpareServers int

	Servers []*Server  // newest first
	Rules   []*Rule    // in the order they are tried
	Picker  Picker     // over Servers
	Matcher *match.Set // of the rules' patterns, in their order
	Live    *ServiceLive
}

// Choose returns the server for a connection or a request of a loop, nil when no rule
// holds or no server can be had. in may be nil when the scheduler does not
// look at content. The rule counts it, at a time in Unix seconds.
func (s *Service) Choose(loop int, now int64, in *match.Input) *Server {
	rule, picker, key := s.pickerFor(in)
	if picker == nil {
		return nil
	}
	if rule != nil {
		rule.Hits.add(loop, now)
	}
	return picker.Pick(loop, key)
}

// ChooseOther is Choose once some servers have turned out not to be there.
func (s *Service) ChooseOther(in *match.Input, avoid *Avoid) *Server {
	_, picker, key := s.pickerFor(in)
	if picker == nil {
		return nil
	}
	return picker.PickOther(key, avoid)
}

// Keep returns the server of that Live if it is one of those for the request, and
// counts it as Choose does; nil otherwise. It may be quiescent: that keeps what it
// has.
func (s *Service) Keep(loop int, now int64, in *match.Input, live *Live) *Server {
	servers := s.Servers
	var rule *Rule
	if s.Scheduler.Content {
		i := s.Matcher.Match(in)
		if i < 0 {
			return nil
		}
		rule = s.Rules[i]
		servers = rule.Servers
	}
	for _, server := range servers {
		if server.Live == live {
			if rule != nil {
				rule.Hits.add(loop, now)
			}
			return server
		}
	}
	return nil
}

// pickerFor is who picks, nil when no rule holds, by which key, and by which rule if
// rules are looked at.
func (s *Service) pickerFor(in *match.Input) (rule *Rule, picker Picker, key uint32) {
	if !s.Scheduler.Content {
		return nil, s.Picker, 0
	}
	i := s.Matcher.Match(in)
	if i < 0 {
		return nil, nil, 0
	}
	rule = s.Rules[i]
	if !s.Scheduler.HashGroup {
		return rule, rule.Picker, 0
	}
	return rule, rule.Picker, s.groupSum(i, rule.Match, in.URI)
}

// groupSum is the sum of the bytes of a rule's capture group, 0 when it took
// no part in the match.
func (s *Service) groupSum(rule, group int, uri []byte) uint32 {
	lo, hi, ok := s.Matcher.Group(rule, group, uri)
	if !ok {
		return 0
	}
	var sum uint32
	for _, b := range uri[lo:hi] {
		sum += uint32(b)
	}
	return sum
}

// ServerByKey returns the server whose Live has that key, nil when it is gone.
// It may be quiescent: that keeps what it has.
func (s *Service) ServerByKey(key uint64) *Server {
	for _, server := range s.Servers {
		if server.Live.Key == key {
			return server
		}
	}
	return nil
}
