package hostile

import (
	"net/netip"
	"testing"
	"time"

	"ktcpvs/tests/hostile/arena"
)

// attacks are what each of the hostile clients does, how many sockets the
// daemon has for it, and what one may cost in resident memory, at most.
var attacks = []struct {
	name    string
	crowd   arena.Crowd
	sockets int
	cost    int64
	why     string
}{
	{"silent", arena.Crowd{}, 1, 2 << 10,
		"a connection and a session, no buffer"},
	{"idle", arena.Crowd{Hello: "GET /length/9/nothing HTTP/1.1\r\nHost: attack\r\n\r\n"}, 1, 4 << 10,
		"a connection and a session, and what serving 5,000 at once took, which stays for the next burst"},
	{"slow header", arena.Crowd{Hello: "GET / HTTP/1.1\r\nHost: attack\r\n", Drip: "A: 1\r\n"}, 1, 8 << 10,
		"and a buffer of 4 KiB for the head so far"},
	{"slow body", arena.Crowd{Hello: "POST /length/9/nothing HTTP/1.1\r\nHost: attack\r\nContent-Length: 1000000\r\n\r\n", Drip: "x"}, 2, 8 << 10,
		"and a server's connection, and a buffer of 4 KiB for the head as it was sent"},
	{"slow reader", arena.Crowd{Hello: "GET /length/1000000/nothing HTTP/1.1\r\nHost: attack\r\n\r\n", Sip: 1, ReceiveBuffer: 4096}, 2, 64 << 10,
		"and what one receive brings of the response, here no more than the system's 64 KiB"},
}

const attackers = 5000

func TestOthersAreServedAsBeforeWhileFiveThousandAttack(t *testing.T) {
	// The queues are as long as an operator who expects crowds makes them, and
	// the system's buffers so small that the daemon has to hold what is held.
	arena.SetSysctl(t, "core/somaxconn", "65535")
	arena.SetSysctl(t, "ipv4/tcp_rmem", "4096 16384 65536")
	arena.SetSysctl(t, "ipv4/tcp_wmem", "4096 16384 65536")
	for _, attack := range attacks {
		t.Run(attack.name, func(t *testing.T) {
			d := arena.StartDaemon(t)
			d.Knobs("max_backlog=65535")
			site, victim := arena.NewSteady(t), arena.StartEcho(t)
			web := d.Serve(arena.Service{
				Servers: []netip.AddrPort{site.Server(), victim.Addr},
				Rules: []string{
					"pattern .* use server " + site.Server().String(),
					"host ^attack use server " + victim.Addr.String(),
				},
			})
			site.Connect(web, "/page")
			quiet := d.Resident()
			var costs, resident []int64
			c := site.Compare(pairs(), window(), 2, func() func() {
				before, files := d.Resident(), d.Descriptors()
				crowd := attack.crowd.Gather(t, web, attackers)
				// Those who say nothing come seconds late, since the kernel waits for
				// their first bytes.
				arena.Eventually(t, "the daemon has accepted the crowd", func() bool {
					site.Window(10 * time.Millisecond)
					return d.Descriptors() >= files+attackers*attack.sockets
				})
				return func() {
					resident = append(resident, d.Resident())
					costs = append(costs, (resident[len(resident)-1]-before)/attackers)
					if n := crowd.Lost(); n > 0 {
						t.Errorf("%d of the crowd were closed, and attacked no more", n)
					}
					crowd.Disperse()
				}
			})
			t.Logf("%v; memory of a connection: %d bytes; of the daemon in each attack: %d KiB", c, costs[0], inKiB(resident))
			c.Tell(t)
			if costs[0] > attack.cost {
				t.Errorf("a connection costs %d bytes, expected %d at most: %s", costs[0], attack.cost, attack.why)
			}
			if first, last := resident[0], resident[len(resident)-1]; last > 2*first {
				t.Errorf("the daemon has %d bytes during the last attack and %d during the first: it is not given back", last, first)
			}
			// Connections and sessions stay for the next burst, and so do 8 MiB of
			// garbage, which are not worth a collection.
			arena.Eventually(t, "the daemon has given back what the attacks took", func() bool {
				site.Window(100 * time.Millisecond)
				return d.Resident() < quiet+attackers*3<<10+8<<20
			})
			t.Logf("before all attacks %d KiB, after them %d KiB", quiet>>10, d.Resident()>>10)
		})
	}
}

func inKiB(bytes []int64) (list []int64) {
	for _, n := range bytes {
		list = append(list, n>>10)
	}
	return list
}
