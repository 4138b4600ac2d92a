package loop

import (
	"sync"
	"time"

	"ktcpvs/daemon/klog"
	"ktcpvs/daemon/table"
)

// herald says which servers go down and come up, and which services and rules are
// left without any server: at once, and of each once a second at most. It compares
// what is with what was said last, in a goroutine of its own.
type herald struct {
	store      *table.Store
	log        *klog.Logger
	wake       chan struct{}
	stop, done chan struct{}
	ending     sync.Once

	downs map[*table.Live]down // servers that have been down
	bare  map[bare]bool        // said to be without a server
}

// down is what was last said of a server.
type down struct {
	why   string // "": it is up
	times uint32 // it has gone down
}

// bare is a service, or a rule of it, without a server to be had.
type bare struct {
	live *table.ServiceLive
	rule string // "": the service
}

const (
	between   = time.Second
	mostLines = 20 // of a kind at once
)

func newHerald(store *table.Store, log *klog.Logger) *herald {
	return &herald{store: store, log: log, wake: make(chan struct{}, 1), stop: make(chan struct{}), done: make(chan struct{})}
}

// look has the herald compare. It waits for nothing.
func (h *herald) look() {
	select {
	case h.wake <- struct{}{}:
	default:
	}
}

// run is its goroutine.
func (h *herald) run() {
	defer close(h.done)
	for {
		select {
		case <-h.stop:
			return
		case <-h.wake:
		}
		h.compare(h.store.Snapshot())
		select {
		case <-h.stop:
			return
		case <-time.After(between):
		}
	}
}

func (h *herald) end() {
	h.ending.Do(func() { close(h.stop) })
	<-h.done
}

// compare says what is news in the table, and how its servers are.
func (h *herald) compare(snapshot *table.Snapshot) {
	downs, bares := map[*table.Live]down{}, map[bare]bool{}
	var servers, rules lines
	for _, svc := range snapshot.Services {
		impaired := false
		for _, server := range svc.Servers {
			now := down{server.Live.Down(), server.Live.TimesDown()}
			impaired = impaired || !usable(server)
			if now.times == 0 {
				continue
			}
			downs[server.Live] = now
			was := h.downs[server.Live]
			what := ""
			switch {
			case now.why != "" && was.why == "":
				what = "server is down: others are preferred"
			case now.why == "" && was.why != "":
				what = "server is up again"
			case now.why == "" && now.times != was.times:
				what = "server was down for a moment, and is up again"
			default:
				continue
			}
			args := []any{"service", svc.Name, "server", server.Addr}
			if now.why != "" {
				args = append(args, "because", now.why)
			}
			servers.say(h.log, what, args...)
		}
		if svc.Running {
			h.compareService(svc, impaired, bares, &rules)
		}
	}
	servers.rest(h.log, "more servers went down or came up")
	rules.rest(h.log, "more rules were left without a server, or have one again")
	h.downs, h.bare = downs, bares
}

// compareService says what is news of the service and its rules, and notes what has
// no server.
func (h *herald) compareService(svc *table.Service, impaired bool, bares map[bare]bool, rules *lines) {
	whole := bare{live: svc.Live}
	none := !anyUsable(svc.Servers)
	if none {
		bares[whole] = true
	}
	switch was := h.bare[whole]; {
	case none && !was:
		h.log.Say(klog.Announce, "service has no server left", "service", svc.Name, "servers", len(svc.Servers))
	case !none && was:
		h.log.Say(klog.Announce, "service has a server again", "service", svc.Name)
	}
	if none || !svc.Scheduler.Content || !impaired && len(h.bare) == 0 {
		return
	}
	for _, rule := range svc.Rules {
		left := !anyUsable(rule.Servers)
		if !left && len(h.bare) == 0 {
			continue
		}
		key := bare{svc.Live, rule.String()}
		if left {
			bares[key] = true
		}
		switch was := h.bare[key]; {
		case left && !was:
			rules.say(h.log, "rule has no server left", "service", svc.Name, "rule", key.rule)
		case !left && was:
			rules.say(h.log, "rule has a server again", "service", svc.Name, "rule", key.rule)
		}
	}
}

func usable(s *table.Server) bool { return s.Weight > 0 && s.Live.Down() == "" }

func anyUsable(servers []*table.Server) bool {
	for _, s := range servers {
		if usable(s) {
			return true
		}
	}
	return false
}

// lines are those of one kind.
type lines struct{ said, left int }

func (l *lines) say(log *klog.Logger, msg string, args ...any) {
	if l.said == mostLines {
		l.left++
		return
	}
	l.said++
	log.Say(klog.Announce, msg, args...)
}

func (l *lines) rest(log *klog.Logger, msg string) {
	if l.left > 0 {
		log.Say(klog.Announce, msg, "number", l.left)
	}
}
