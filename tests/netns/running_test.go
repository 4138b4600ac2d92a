package netns

import (
	"errors"
	"net"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"ktcpvs/tests/netns/lab"
)

// Starting and stopping.

func TestStartAnswersWhenItListens(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.Script(`
		-A -i a -l 127.0.0.1:81
		-A -i b -l 127.0.0.1:82
		-A -i c -l [::1]:83`)
	listens := func(want ...string) {
		t.Helper()
		var got []string
		for _, addr := range []string{"127.0.0.1:81", "127.0.0.1:82", "[::1]:83"} {
			conn, err := o.Dial(addr)
			if err == nil {
				conn.Close()
				got = append(got, addr)
			} else if !errors.Is(err, unix.ECONNREFUSED) {
				t.Fatal(err)
			}
		}
		if strings.Join(got, " ") != strings.Join(want, " ") {
			t.Errorf("listens at %v, want %v", got, want)
		}
	}
	listens()
	o.Does("--start", "-i", "b")
	listens("127.0.0.1:82")
	o.Does("--start")
	listens("127.0.0.1:81", "127.0.0.1:82", "[::1]:83")
	o.Does("--start") // all run already, which is no error
	o.Does("--stop", "--ident", "b")
	listens("127.0.0.1:81", "[::1]:83")
	o.Does("--stop")
	listens()
	o.Does("--stop")
}

func TestAnAddressInUseIsReportedByStart(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.Listen("127.0.0.1:81")
	o.Script(`
		-A -i taken -l 127.0.0.1:81
		-A -i any -l 0.0.0.0:81
		-A -i free -l 127.0.0.1:82
		-A -i foreign -l 192.0.2.1:80`)
	o.Fails(1, `Address already in use: service "taken": listen on 127.0.0.1:81`, "--start", "-i", "taken")
	o.Fails(1, `Address already in use: service "any": listen on 0.0.0.0:81`, "--start", "-i", "any")
	o.Does("--start", "-i", "free")
	o.Fails(1, `Cannot assign requested address: service "foreign": listen on 192.0.2.1:80 (the address is not this machine's: freebind = on lets the service wait for it)`, "--start", "-i", "foreign")
	// None of those that failed runs: they can be deleted.
	for _, name := range []string{"taken", "any", "foreign"} {
		o.Does("-D", "-i", name)
	}
	if r := o.Call("-D", "-i", "free"); r.Status != 1 {
		t.Error("a running service can be deleted")
	}
}

func TestStopLetsWhatIsOpenFinish(t *testing.T) {
	t.Parallel()
	n := lab.NewNetwork(t, "r1")
	d := n.Balancer.StartDaemon()
	asked, answer := make(chan bool), make(chan bool)
	n.Host("r1").Serve(":80", func(conn net.Conn) {
		conn.Read(make([]byte, 4096))
		conn.Write([]byte("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nfirst"))
		asked <- true
		<-answer
		conn.Write([]byte("later"))
	})
	o := n.Balancer.Operator()
	for _, scheduler := range []string{"wlc", "http", "hhttp", "phttp", "chttp"} {
		o.Load("virtual web { scheduler = " + scheduler + " server = r1:80 1 rule = pattern .* use server r1:80 }")
		o.Does("--start")
		open := n.Client.Wire(n.VIP(8080))
		open.Say("GET / HTTP/1.1\nHost: x\n\n")
		<-asked
		o.Does("--stop", "-i", "web")
		if conn, err := n.Client.Dial(n.VIP(8080)); !errors.Is(err, unix.ECONNREFUSED) {
			t.Errorf("%s: a new connection after the stop: %v, %v", scheduler, conn, err)
		}
		answer <- true
		if _, body := open.Expect(200, "GET"); body != "firstlater" {
			t.Errorf("%s: got %q", scheduler, body)
		}
		open.Close()
	}
	if d.Ended() {
		t.Error("the daemon has ended")
	}
}

func TestStartedAgainAServiceServesAgain(t *testing.T) {
	t.Parallel()
	f := newFarm(t, "r1")
	f.Script(`
		-A -i web -s phttp
		-a -i web -r r1:80
		--add-rule -i web -p .* -r r1:80`)
	for range 5 {
		f.Does("--start", "-i", "web")
		f.routes(t, map[string]string{"/": "r1"})
		f.Does("--stop", "-i", "web")
	}
}

func TestAServiceMadeWlcWhileItRunsLetsServersSpeakFirst(t *testing.T) {
	t.Parallel()
	n := lab.NewNetwork(t, "r1")
	n.Balancer.StartDaemon()
	greeters(n, "r1")
	o := n.Balancer.Operator()
	o.Load("virtual any { scheduler = http server = r1:70 1 }")
	o.Does("--start")
	o.Does("-E", "-i", "any", "-s", "wlc")
	unhurried(n.Balancer) // nobody waits for the client's first words, or would for an hour
	w := n.Client.Wire(n.VIP(8080))
	if name := w.Line(); name != "r1" {
		t.Errorf("got %q", name)
	}
}
