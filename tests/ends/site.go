package ends

import (
	"bufio"
	"fmt"
	"net"
	"strings"
	"sync"
	"testing"

	"ktcpvs/tests/netns/lab"
)

// site is a balancer with a service of each scheduler, over both families, and a
// server whose connections go to whoever waits for them.
type site struct {
	*lab.Network
	*lab.Operator
	t        *testing.T
	ports    map[string]int // by scheduler
	zerocopy string

	mu      sync.Mutex
	waiting map[string]chan *arrival // by what was asked for
	serial  int
}

// arrival is a server's connection.
type arrival struct {
	conn *net.TCPConn
	in   *bufio.Reader // from the request on
	done chan bool     // closed when nobody needs it any more
}

func newSite(t *testing.T, zerocopy string) *site {
	n := lab.NewNetwork(t, "r1")
	s := &site{Network: n, Operator: n.Balancer.Operator(), t: t, zerocopy: zerocopy,
		ports: map[string]int{}, waiting: map[string]chan *arrival{}}
	// Small buffers fill soon; what the balancer has is enough to be spliced.
	for _, host := range []*lab.Host{n.Client, n.Host("r1")} {
		host.Shell("echo 4096 65536 131072 > /proc/sys/net/ipv4/tcp_rmem; echo 4096 65536 131072 > /proc/sys/net/ipv4/tcp_wmem")
	}
	n.Balancer.Shell("echo 4096 131072 1048576 > /proc/sys/net/ipv4/tcp_rmem; echo 4096 65536 131072 > /proc/sys/net/ipv4/tcp_wmem")
	n.Host("r1").Serve(":80", s.serve)
	return s
}

// start starts a daemon and all services.
func (s *site) start(args ...string) *lab.Daemon {
	d := s.Balancer.StartDaemon(append(args, "--loops=2", "--ephemeral")...)
	s.Balancer.SetKnob("zerocopy_send", s.zerocopy)
	var config strings.Builder
	for i, scheduler := range []string{"wlc", "http", "hhttp", "phttp", "chttp"} {
		s.ports[scheduler] = 9000 + i
		for v, at := range map[string]string{"4": "0.0.0.0", "6": "[::]"} {
			name := map[string]string{"4": "r1", "6": "r1-6"}[v]
			fmt.Fprintf(&config, "virtual %s%s { listen = %s:%d maxclients = 5000 scheduler = %s server = %s:80 1", scheduler, v, at, 9000+i, scheduler, name)
			if scheduler != "wlc" {
				fmt.Fprintf(&config, " rule = pattern .* use server %s:80", name)
			}
			config.WriteString(" }\n")
		}
	}
	s.Load(config.String())
	s.Does("--start")
	return d
}

// serve reads the first request of a connection and hands it over.
func (s *site) serve(conn net.Conn) {
	in := bufio.NewReader(conn)
	head, err := in.Peek(len("GET /00000000"))
	if err != nil {
		return
	}
	_, id, _ := strings.Cut(string(head), "/")
	a := &arrival{conn: conn.(*net.TCPConn), in: in, done: make(chan bool)}
	s.mu.Lock()
	to := s.waiting[id]
	s.mu.Unlock()
	if to != nil {
		to <- a
		<-a.done
	}
}

// expect gives a name to ask for, and where the server's connection comes.
func (s *site) expect() (id string, comes chan *arrival) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.serial++
	id, comes = fmt.Sprintf("%08d", s.serial), make(chan *arrival, 1)
	s.waiting[id] = comes
	return id, comes
}

// address is where the client finds the scheduler's service.
func (s *site) address(scheduler string, six bool) string {
	if six {
		return s.VIP6(s.ports[scheduler])
	}
	return s.VIP(s.ports[scheduler])
}
