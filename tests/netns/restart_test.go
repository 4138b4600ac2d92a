package netns

import (
	"testing"

	"golang.org/x/sys/unix"

	"ktcpvs/tests/netns/lab"
)

// Parts that are restarted under load. What a client may see of it at worst is
// in ktcpvsd(8), under FAULTS; afterwards every request is answered.

func TestAWebServerIsRestartedUnderLoad(t *testing.T) {
	withEachPoller(t, func(t *testing.T, poller string) {
		n := lab.NewNetwork(t, "r1")
		n.Balancer.StartDaemon(poller)
		web := n.Host("r1").StartNginx()
		o := n.Balancer.Operator()
		o.Load(`virtual requests { listen = 0.0.0.0:81 scheduler = phttp server = r1:80 1 rule = pattern .* use server r1:80 }
			virtual connections { listen = 0.0.0.0:82 scheduler = http server = r1:80 1 rule = pattern .* use server r1:80 }`)
		o.Does("--start")
		answered := func(got outcome) bool { return got.end == "" && (got.status == 200 || got.status == 502) }
		bound := func(got outcome) bool { return answered(got) || got.end == closed }
		all := []*traffic{
			{t: t, from: n.Client, to: n.VIP(81), accept: answered},
			{t: t, from: n.Client, to: n.VIP(82), accept: bound},
		}
		for _, tr := range all {
			tr.start(4)
		}
		for i := range 6 {
			for _, tr := range all {
				tr.more(100)
			}
			web.Stop([]unix.Signal{unix.SIGTERM, unix.SIGKILL}[i%2])
			pause()
			web.Start()
		}
		for _, tr := range all {
			tr.more(100)
			tr.end()
		}
		for _, port := range []int{81, 82} {
			after := &traffic{t: t, from: n.Client, to: n.VIP(port), accept: always}
			after.start(2)
			after.more(200)
			after.end()
		}
	})
}

func TestTheDaemonIsKilledAndRestartedUnderLoad(t *testing.T) {
	withEachPoller(t, func(t *testing.T, poller string) {
		n := lab.NewNetwork(t, "r1")
		n.Host("r1").StartNginx()
		d := n.Balancer.StartDaemon(poller)
		o := n.Balancer.Operator()
		path := o.File("virtual web { scheduler = phttp server = r1:80 1 rule = pattern .* use server r1:80 }")
		begin := func() {
			o.Does("-f", path)
			o.Does("--start")
		}
		begin()
		tr := &traffic{t: t, from: n.Client, to: n.VIP(8080), accept: func(got outcome) bool {
			return got.status == 200 || got.end == refused || got.end == closed || got.end == cut
		}}
		tr.start(4)
		for range 3 {
			tr.more(200)
			d.Kill()
			d = n.Balancer.StartDaemon(poller)
			begin()
		}
		tr.more(200)
		tr.end()
		after := &traffic{t: t, from: n.Client, to: n.VIP(8080), accept: always}
		after.start(2)
		after.more(200)
		after.end()
	})
}
