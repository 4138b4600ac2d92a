package loop

import (
	"time"

	"ktcpvs/daemon/http1"
	"ktcpvs/daemon/relay"
)

// readKnobs brings the context in line with the knobs: at the start, and
// whenever one was set.
func (l *Loop) readKnobs() {
	seconds := func(n int32) time.Duration { return time.Duration(n) * time.Second }
	k, c := l.knobs, l.ctx
	lim := &k.Limits
	l.debug = k.DebugLevel.Get()
	if l.maxPerAddr = int(lim.ConnsPerSource.Get()); l.maxPerAddr > 0 {
		l.countSources()
	}
	l.serverProbe = int(lim.ServerKeepalive.Get())
	for _, lis := range l.listeners {
		if lis.fd >= 0 {
			probe(lis.fd, int(lim.ClientKeepalive.Get())) // connections inherit it
		}
	}
	l.connRate = int(lim.ConnRate.Get())
	c.SpliceFrom = spliceFrom(k.ZerocopySend.Get())
	c.Limits = http1.Limits{
		Line:     int(lim.RequestLine.Get()),
		Head:     int(lim.HeaderBytes.Get()),
		Fields:   int(lim.HeaderFields.Get()),
		ChunkExt: int(lim.ChunkExt.Get()),
		Trailer:  min(http1.DefaultLimits().Trailer, int(lim.HeaderBytes.Get())),
	}
	c.Answers = answers(c.Limits)
	t := relay.DefaultTimeouts()
	t.Head = seconds(lim.HeaderTimeout.Get())
	t.Connect = seconds(lim.ConnectTimeout.Get())
	t.FirstByte = seconds(lim.FirstByteTimeout.Get())
	t.Read = seconds(k.ReadTimeout.Get())
	t.Total = seconds(lim.RequestTimeout.Get())
	t.KeepAlive = seconds(k.KeepaliveTimeout.Get())
	c.Timeouts = t
	c.Policy = relay.Policy{
		Body:        int64(lim.BodyKB.Get()) << 10,
		Requests:    int(lim.RequestsPerConn.Get()),
		RequestRate: int(lim.RequestRate.Get()),
		BodyRate:    int(lim.BodyMinRate.Get()),
		Ahead:       int(lim.PipelineBytes.Get()),
		HalfClosed:  relay.HalfClosed(lim.AbortOnClose.Get()),
	}
	l.mostHeld = l.memory.buffers(int64(lim.BufferedMegabytes.Get())<<20) / int64(l.loops)
}

// countSources counts the connections that were opened while nobody asked.
func (l *Loop) countSources() {
	for _, lis := range l.listeners {
		for s := lis.first; s != nil; s = s.next {
			if !s.counted && !s.turnedAway {
				s.counted = l.sources.Open(s.Source, 0, 0, l.ctx.Now)
			}
		}
	}
}

// answers are the limits of responses: those of requests where they are wider
// than the defaults. An operator who narrows what clients may send must not
// break the servers' answers by that.
func answers(requests http1.Limits) http1.Limits {
	lim := http1.DefaultLimits()
	lim.Line = max(lim.Line, requests.Line)
	lim.Head = max(lim.Head, requests.Head)
	lim.Fields = max(lim.Fields, requests.Fields)
	lim.ChunkExt = max(lim.ChunkExt, requests.ChunkExt)
	return lim
}
