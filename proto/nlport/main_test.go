package nlport_test

import (
	"fmt"
	"iter"
	"net/netip"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"ktcpvs/proto"
	"ktcpvs/proto/client"
	"ktcpvs/proto/nlport"
	"ktcpvs/proto/prototest"
)

// role has the test binary act as another process: "dial PORT" says what
// client.Dial says, "listen PORT" what nlport.Listen says; "squat PORT" holds
// the port and answers.
const role = "KTCPVS_TEST_ROLE"

func TestMain(m *testing.M) {
	what, text, _ := strings.Cut(os.Getenv(role), " ")
	port, _ := strconv.ParseUint(text, 10, 32)
	switch what {
	case "dial":
		_, err := client.Dial(client.Options{Port: uint32(port)})
		fmt.Print(err)
		os.Exit(0)
	case "listen":
		_, err := nlport.Listen(uint32(port))
		fmt.Print(err)
		os.Exit(0)
	case "squat":
		squat(uint32(port))
		os.Exit(0)
	}
	prototest.Main(m)
}

// other makes a command of the test binary in a role.
func other(what string, port uint32, attr *syscall.SysProcAttr) *exec.Cmd {
	cmd := exec.Command("/proc/self/exe")
	cmd.Env = append(os.Environ(), fmt.Sprintf("%s=%s %d", role, what, port))
	cmd.SysProcAttr = attr
	cmd.Stderr = os.Stderr
	return cmd
}

func dial(t *testing.T, port uint32) *client.Client {
	t.Helper()
	c, err := client.Dial(client.Options{Port: port})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c
}

// many is a daemon with so many rules.
type many struct {
	*prototest.Daemon
	rules int
}

func (m many) List(from proto.Peer, r *proto.Request) (iter.Seq[proto.Reply], error) {
	if r.Command != proto.CmdGetRule {
		return m.Daemon.List(from, r)
	}
	return func(yield func(proto.Reply) bool) {
		for i := range m.rules {
			rule := proto.Rule{
				Service:    "web",
				Conditions: proto.Conditions{Pattern: fmt.Sprintf("^/shop/article/%d/[a-z]+\\.html$", i)},
				Dests:      []netip.AddrPort{netip.MustParseAddrPort("10.0.0.1:80")},
			}
			if !yield(proto.Reply{Command: r.Command, Rule: &rule}) {
				return
			}
		}
	}, nil
}

// askRules asks for the list of rules and does not wait for it.
func askRules(t *testing.T, port uint32) *nlport.Conn {
	t.Helper()
	conn, err := nlport.Dial(port)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	b := proto.BeginMessage(nil, proto.Header{Type: proto.FamilyID, Flags: proto.FlagRequest | proto.FlagDump, Seq: 1000})
	b, err = proto.AppendRequest(b, &proto.Request{Command: proto.CmdGetRule, Dump: true})
	if err == nil {
		err = conn.WriteDatagram(proto.EndMessage(b, 0))
	}
	if err != nil {
		t.Fatal(err)
	}
	return conn
}

// readRules counts what comes of the list.
func readRules(t *testing.T, conn *nlport.Conn) (n int) {
	t.Helper()
	for {
		datagram, err := conn.ReadDatagram()
		if err != nil {
			t.Fatal(err)
		}
		for len(datagram) > 0 {
			h, _, rest, _ := proto.NextMessage(datagram)
			if h.Type == proto.TypeDone {
				return n
			}
			n++
			datagram = rest
		}
	}
}
