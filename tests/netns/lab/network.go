package lab

import (
	"bytes"
	"fmt"
	"net/netip"
	"os"
	"os/exec"
	"strings"
	"testing"

	"ktcpvs/tests/require"
)

// Network is a balancer and the hosts it is wired to, each by a link of its
// own. The balancer knows them by name, from its /etc/hosts:
//
//	client 10.99.1.2 fd99:1::2 --- 10.99.1.1 fd99:1::1
//	r1     10.99.2.2 fd99:2::2 --- 10.99.2.1 fd99:2::1  balancer
//	r2     10.99.3.2 fd99:3::2 --- 10.99.3.1 fd99:3::1
type Network struct {
	Balancer *Host
	Client   *Host

	hosts map[string]*neighbour
	links map[string]*Link // nil: the wires are the kernel's
}

type neighbour struct {
	*Host
	addr, addr6 netip.Addr
}

// NewNetwork makes a balancer, a client and hosts of those names.
func NewNetwork(t testing.TB, names ...string) *Network {
	t.Helper()
	n := &Network{Balancer: NewHost(t, "balancer")}
	n.wire(t, names)
	return n
}

// NewFaultyNetwork makes one whose wires a test may have faults on.
func NewFaultyNetwork(t testing.TB, names ...string) *Network {
	t.Helper()
	n := &Network{Balancer: NewHost(t, "balancer"), links: map[string]*Link{}}
	n.wire(t, names)
	return n
}

// Link is the wire to a host of a faulty network; the client's name is client.
func (n *Network) Link(name string) *Link { return n.links[name] }

func (n *Network) wire(t testing.TB, names []string) {
	t.Helper()
	n.hosts = map[string]*neighbour{}
	book := "127.0.0.1 localhost\n::1 localhost ip6-localhost\n"
	for i, name := range append([]string{"client"}, names...) {
		h := n.connect(NewHost(t, name), i+1)
		book += fmt.Sprintf("%v %s\n%v %s-6\n", h.addr, name, h.addr6, name)
		n.hosts[name] = h
	}
	n.Client = n.hosts["client"].Host
	n.Balancer.Cover("/etc/hosts", book)
}

func (n *Network) connect(h *Host, link int) *neighbour {
	h.t.Helper()
	near, far := fmt.Sprintf("10.99.%d.1", link), fmt.Sprintf("10.99.%d.2", link)
	near6, far6 := fmt.Sprintf("fd99:%d::1", link), fmt.Sprintf("fd99:%d::2", link)
	var lay []string
	if n.links != nil {
		n.links[h.Name] = n.Balancer.link(fmt.Sprintf("to%d", link), h, "eth0")
	} else {
		lay = []string{fmt.Sprintf("link add to%d type veth peer name eth0 netns %d", link, h.pid)}
	}
	n.Balancer.batch(append(lay,
		fmt.Sprintf("addr add %s/24 dev to%d", near, link),
		fmt.Sprintf("addr add %s/64 dev to%d nodad", near6, link),
		fmt.Sprintf("link set to%d up", link),
	)...)
	h.batch(
		fmt.Sprintf("addr add %s/24 dev eth0", far),
		fmt.Sprintf("addr add %s/64 dev eth0 nodad", far6),
		"link set eth0 up",
		"route add default via "+near,
		"route add ::/0 via "+near6,
	)
	return &neighbour{h, netip.MustParseAddr(far), netip.MustParseAddr(far6)}
}

// batch has one ip do several commands. It is started in the host's network, and
// sees nothing else of the host.
func (h *Host) batch(commands ...string) {
	h.t.Helper()
	cmd := exec.Command(require.Tool(h.t, "ip"), "-batch", "-")
	cmd.Stdin = strings.NewReader(strings.Join(commands, "\n") + "\n")
	var said bytes.Buffer
	cmd.Stdout, cmd.Stderr = &said, &said
	err := h.Within(cmd.Start)
	if err == nil {
		err = cmd.Wait()
	}
	if err != nil {
		h.t.Fatalf("on %s: ip %q: %v\n%s", h.Name, commands, err, &said)
	}
}

// Host is the host of that name.
func (n *Network) Host(name string) *Host { return n.hosts[name].Host }

// Addr and Addr6 are where the balancer finds the host of that name.
func (n *Network) Addr(name string) netip.Addr { return n.hosts[name].addr }

// Addr6 is the host's IPv6 address.
func (n *Network) Addr6(name string) netip.Addr { return n.hosts[name].addr6 }

// Name gives the host that has the address, for what a server has seen.
func (n *Network) Name(addr netip.Addr) string {
	for name, h := range n.hosts {
		if h.addr == addr || h.addr6 == addr {
			return name
		}
	}
	return addr.String()
}

// VIP is the balancer's address as its client has it, with a port.
func (n *Network) VIP(port int) string { return fmt.Sprintf("10.99.1.1:%d", port) }

// VIP6 is VIP by IPv6.
func (n *Network) VIP6(port int) string { return fmt.Sprintf("[fd99:1::1]:%d", port) }

// Strand makes an address that no packet comes back from: whoever connects to
// it waits.
func (n *Network) Strand() netip.Addr {
	n.Balancer.Shell("ip neigh replace 10.99.1.99 lladdr 02:00:00:00:00:99 dev to1 nud permanent")
	return netip.MustParseAddr("10.99.1.99")
}

// writeFile writes a file that all of the test's hosts can read.
func writeFile(t testing.TB, name, content string) string {
	t.Helper()
	path := t.TempDir() + "/" + name
	if err := os.WriteFile(path, []byte(content), 0o644); err != nil {
		t.Fatal(err)
	}
	return path
}

// lines splits what a program printed.
func lines(text string) []string { return strings.Split(strings.TrimSpace(text), "\n") }
