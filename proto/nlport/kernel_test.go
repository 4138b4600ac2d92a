package nlport_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"syscall"
	"testing"
	"time"

	"ktcpvs/proto"
	"ktcpvs/proto/client"
	"ktcpvs/proto/engine"
	"ktcpvs/proto/nlport"
	"ktcpvs/proto/prototest"
	"ktcpvs/tests/require"
	"ktcpvs/tests/wait"

	"github.com/mdlayher/genetlink"
	"github.com/mdlayher/netlink"
	"golang.org/x/sys/unix"
)

func TestWhoLacksCapNetAdminGetsEPERM(t *testing.T) {
	require.That(t, "a user and network namespace of its own", prototest.NoNamespace())
	port := prototest.New().Listen(t)
	// Root of a user namespace of its own, which does not own this network.
	out, err := other("dial", port, prototest.Namespace(unix.CLONE_NEWUSER)).Output()
	if want := "Permission denied (you must be root)"; err != nil || !strings.HasPrefix(string(out), want) {
		t.Errorf("got %q, %v; want %q", out, err, want)
	}
}

func TestWhoCouldNotAnswerDoesNotListen(t *testing.T) {
	require.That(t, "a user and network namespace of its own", prototest.NoNamespace())
	out, err := other("listen", 4714, prototest.Namespace(unix.CLONE_NEWUSER)).Output()
	want := "netlink port id 0x126a: answering takes CAP_NET_ADMIN over the network namespace, run as root: sendto: operation not permitted"
	if err != nil || string(out) != want {
		t.Errorf("got %q, %v; want %q", out, err, want)
	}
}

func TestAnotherNetworkNamespaceHasAnotherDaemon(t *testing.T) {
	require.That(t, "a user and network namespace of its own", prototest.NoNamespace())
	port := prototest.New().Listen(t)
	out, err := other("dial", port, prototest.Namespace(unix.CLONE_NEWUSER|unix.CLONE_NEWNET)).Output()
	if want := "The ktcpvs module not loaded: no ktcpvsd in this network namespace"; err != nil || string(out) != want {
		t.Errorf("got %q, %v; want %q", out, err, want)
	}
}

func TestNobodyListening(t *testing.T) {
	require.That(t, "a user and network namespace of its own", prototest.NoNamespace())
	_, err := client.Dial(client.Options{Port: 4711})
	if !errors.Is(err, unix.ENOPROTOOPT) {
		t.Errorf("got %v", err)
	}
}

func TestThePortInTheEnvironmentIsDialled(t *testing.T) {
	require.That(t, "a user and network namespace of its own", prototest.NoNamespace())
	port := prototest.New().Listen(t)
	t.Setenv(proto.PortEnv, fmt.Sprintf("%#x", port))
	c, err := client.Dial(client.Options{})
	if err != nil {
		t.Fatal(err)
	}
	c.Close()
	t.Setenv(proto.PortEnv, "ten")
	if _, err := client.Dial(client.Options{}); !errors.Is(err, unix.EINVAL) || !strings.Contains(err.Error(), `KTCPVS_NLPORT is "ten"`) {
		t.Errorf("got %v", err)
	}
}

func TestAPortInUseNamesItsHolder(t *testing.T) {
	require.That(t, "a user and network namespace of its own", prototest.NoNamespace())
	l, err := nlport.Listen(proto.DefaultPort)
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	_, err = nlport.Listen(proto.DefaultPort)
	holder := fmt.Sprintf("netlink port id 0x4b545653 is held by process %d (", os.Getpid())
	if !errors.Is(err, unix.EADDRINUSE) || !strings.HasPrefix(err.Error(), holder) {
		t.Errorf("got %v; want %s", err, holder)
	}
}

// squat holds a port and answers until its standard input ends.
func squat(port uint32) {
	l, err := nlport.Listen(port)
	if err != nil {
		fmt.Println(err)
		return
	}
	ctx, cancel := context.WithCancel(context.Background())
	go func() {
		bufio.NewReader(os.Stdin).ReadByte()
		cancel()
	}()
	fmt.Println("ready")
	_ = nlport.Serve(ctx, l, engine.New(l, prototest.New(), engine.DefaultLimits(), nil))
}

func TestAnAnswerOfSomebodyElseThanRootIsNotBelieved(t *testing.T) {
	require.That(t, "a user and network namespace of its own", prototest.NoNamespace())
	require.That(t, "users beside root (run as root)", prototest.NoOtherUsers())
	// It may answer, as it has the capability; but it is not root.
	squatter := other("squat", 4712, &syscall.SysProcAttr{
		Credential:  &syscall.Credential{Uid: 1, Gid: 1, NoSetGroups: true},
		AmbientCaps: []uintptr{unix.CAP_NET_ADMIN},
		Pdeathsig:   unix.SIGKILL,
	})
	stdin, err := squatter.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	stdout, err := squatter.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := squatter.Start(); err != nil {
		t.Fatal(err)
	}
	defer squatter.Wait()
	defer stdin.Close()
	if line, err := bufio.NewReader(stdout).ReadString('\n'); line != "ready\n" {
		t.Fatalf("the squatter says %q, %v", line, err)
	}
	_, err = client.Dial(client.Options{Port: 4712})
	want := fmt.Sprintf("port id 0x1268 is held by process %d of uid 1, expected uid 0; if that is the daemon's, --daemon-uid says so", squatter.Process.Pid)
	if !errors.Is(err, unix.EACCES) || !strings.Contains(err.Error(), want) {
		t.Errorf("got %v; want %s", err, want)
	}
}

func TestWhatOthersSendToAClientIsPassedOver(t *testing.T) {
	require.That(t, "a user and network namespace of its own", prototest.NoNamespace())
	port := prototest.New().Listen(t)
	conn, err := nlport.Dial(port)
	if err != nil {
		t.Fatal(err)
	}
	c, err := client.New(conn)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	stranger, err := nlport.Dial(conn.ID())
	if err != nil {
		t.Fatal(err)
	}
	defer stranger.Close()
	request := genetlink.Message{Header: genetlink.Header{Command: uint8(proto.CmdGetInfo), Version: proto.FamilyVersion}}
	data, err := request.MarshalBinary()
	if err != nil {
		t.Fatal(err)
	}
	link := netlink.NewConn(conn, conn.ID())
	asked := netlink.Message{Header: netlink.Header{Type: proto.FamilyID, Flags: netlink.Request, Sequence: 2}, Data: data}
	forged := proto.AppendDone(nil, 2, conn.ID()) // what the request waits for
	if err := stranger.WriteDatagram(forged); err != nil {
		t.Fatal(err)
	}
	if answers, err := link.Execute(asked); err != nil || len(answers) != 1 || answers[0].Header.Type != proto.FamilyID {
		t.Errorf("got %+v, %v", answers, err)
	}
	if info, err := c.Info(); err != nil || info.Version != proto.Version {
		t.Errorf("got %+v, %v", info, err)
	}
}

func TestADaemonThatDiesIsNoticed(t *testing.T) {
	require.That(t, "a user and network namespace of its own", prototest.NoNamespace())
	l, err := nlport.Listen(4713)
	if err != nil {
		t.Fatal(err)
	}
	conn, err := nlport.Dial(4713)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if err := conn.WriteDatagram(proto.AppendNoop(nil)); err != nil {
		t.Fatal(err)
	}
	time.AfterFunc(100*time.Millisecond, func() { l.Close() })
	if _, err := conn.ReadDatagram(); !errors.Is(err, unix.ECONNREFUSED) {
		t.Errorf("got %v, expected %v", err, unix.ECONNREFUSED)
	}
}

func TestAListThatIsNotReadDelaysNobody(t *testing.T) {
	require.That(t, "a user and network namespace of its own", prototest.NoNamespace())
	const rules = 20000 // more than any receive buffer holds
	limits := engine.DefaultLimits()
	limits.Stall = time.Hour // whoever waits for one that does not read waits as long
	port := prototest.Serve(t, many{prototest.New(), rules}, limits)
	askRules(t, port) // and reads nothing
	late, quick := askRules(t, port), askRules(t, port)
	if n := readRules(t, quick); n != rules {
		t.Errorf("the quick reader got %d rules", n)
	}
	if _, err := dial(t, port).Info(); err != nil {
		t.Error(err)
	}
	if n := readRules(t, late); n != rules {
		t.Errorf("the late reader got %d rules", n)
	}
}

func TestAListThatIsNotReadInTimeIsLostAndCanBeAskedForAnew(t *testing.T) {
	require.That(t, "a user and network namespace of its own", prototest.NoNamespace())
	limits := engine.DefaultLimits()
	limits.Stall = 500 * time.Millisecond
	lazy := askRules(t, prototest.Serve(t, many{prototest.New(), 20000}, limits))
	wait.Pass(limits.Stall + 200*time.Millisecond)
	again, err := client.New(lazy)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := again.Info(); err != nil {
		t.Error(err)
	}
}
