package netns

import (
	"errors"
	"fmt"
	"net"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"ktcpvs/tests/netns/lab"
	"ktcpvs/tests/wait"
)

const lastWords = "The master daemon stopped. You can unload the module now."

func TestUnloadStopsDrainsFlushesAndSaysSo(t *testing.T) {
	t.Parallel()
	n := lab.NewNetwork(t, "r1")
	d := n.Balancer.StartDaemon()
	asked, answer := make(chan bool), make(chan bool)
	n.Host("r1").Serve(":80", func(conn net.Conn) {
		conn.Read(make([]byte, 4096))
		asked <- true
		<-answer
		conn.Write([]byte("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nlate"))
	})
	o := n.Balancer.Operator()
	o.Load("virtual web { server = r1:80 1 rule = pattern .* use server r1:80 }\nvirtual two { listen = 0.0.0.0:81 }")
	o.Does("--start")
	open := n.Client.Wire(n.VIP(8080))
	open.Say("GET / HTTP/1.1\nHost: x\n\n")
	<-asked
	before := o.Table()
	n.Balancer.Shell("echo 1 > " + lab.KnobDir + "/unload")
	lab.Eventually(t, "nothing is accepted any more", func() bool {
		for _, port := range []int{8080, 81} {
			conn, err := n.Client.Dial(n.VIP(port))
			if err == nil {
				conn.Close()
			}
			if !errors.Is(err, unix.ECONNREFUSED) {
				return false
			}
		}
		return true
	})
	// It waits for what is open, and until then the table stays.
	if got := o.Table(); got != before || d.Log.Has(lastWords) {
		t.Errorf("while a connection is open: %s%s", got, d.Log)
	}
	o.Fails(1, "The daemon is unloading: unload is 1: set it to 0 before services start", "--start")
	answer <- true
	if _, body := open.Expect(200, "GET"); body != "late" {
		t.Errorf("the open connection gets %q", body)
	}
	lab.Eventually(t, "the last words", func() bool { return d.Log.Has(lastWords) })
	o.Has("")
	if n.Balancer.Knob("unload") != "1" {
		t.Error("unload is not 1 any more")
	}
	// What is asked for now does not start until it is 0 again.
	o.Does("-A", "-i", "web")
	o.Fails(1, "The daemon is unloading: unload is 1: set it to 0 before services start", "--start", "-i", "web")
	n.Balancer.Shell("echo 0 > " + lab.KnobDir + "/unload")
	o.Does("--start")
	w := n.Client.Wire(n.VIP(8080))
	w.Say("GET / HTTP/1.1\nHost: x\n\n")
	w.Expect(503, "GET")
	if n := strings.Count(d.Log.String(), lastWords); n != 1 {
		t.Errorf("the last words are said %d times", n)
	}
}

func TestUnloadTwiceSaysSoTwice(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	for i := range 3 {
		o.Does("-A", "-i", "web")
		o.Does("--start")
		since := o.daemon.Log.Mark()
		o.SetKnob("unload", "1")
		lab.Eventually(t, "the last words", func() bool { return strings.Contains(since(), lastWords) })
		o.Has("")
		o.SetKnob("unload", "0")
		if i == 2 {
			// Setting it while it is set is no second unload.
			o.SetKnob("unload", "0")
		}
	}
}

func TestUnloadIsTakenBackWhileItWaits(t *testing.T) {
	t.Parallel()
	n := lab.NewNetwork(t, "r1")
	d := n.Balancer.StartDaemon()
	greeters(n, "r1")
	o := n.Balancer.Operator()
	o.Script(`
		-A -i any -s wlc
		-a -i any -r r1:70
		--start`)
	w := n.Client.Wire(n.VIP(8080))
	w.Line()
	n.Balancer.SetKnob("unload", "1")
	lab.Eventually(t, "the service is stopped", func() bool {
		_, err := n.Client.Dial(n.VIP(8080))
		return err != nil
	})
	n.Balancer.SetKnob("unload", "0")
	o.Does("--start")
	w.Close()
	if name := n.Client.Wire(n.VIP(8080)).Line(); name != "r1" {
		t.Errorf("got %q", name)
	}
	if d.Log.Has(lastWords) {
		t.Error("the table was unloaded all the same")
	}
}

// The rules take longer to be compiled than a knob takes to be set twice. Of the
// two tables either may come last, but nothing comes after both.
func TestAnUnloadThatIsTakenBackDuringAChangeTakesNothing(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	var large strings.Builder
	large.WriteString("virtual large { server = 127.0.0.1:1 1\n")
	for i := range 2000 {
		fmt.Fprintf(&large, "rule = pattern \"^/%d/.*[a-f]{2,8}x%d$\" use server 127.0.0.1:1\n", i, i)
	}
	large.WriteString("}\n")
	first, second := o.File(large.String()), o.File("virtual small { server = 127.0.0.1:1 1 }")
	for i := range 20 {
		change := o.Command(lab.Binary("tcpvsadm"), "-f", first)
		if err := change.Start(); err != nil {
			t.Fatal(err)
		}
		wait.Gap(time.Duration(i) * 20 * time.Millisecond) // another moment each time
		o.Shell("echo 1 > " + lab.KnobDir + "/unload; echo 0 > " + lab.KnobDir + "/unload")
		o.Does("-f", second)
		if err := change.Wait(); err != nil {
			t.Fatalf("the change that was under way: %v", err)
		}
		if o.Table() == "" {
			t.Fatalf("round %d: an unload that was taken back has flushed a table that came later, large or small was expected", i)
		}
	}
}
