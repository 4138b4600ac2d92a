package loop

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"net"
	"net/http"
	"testing"
	"time"

	"ktcpvs/daemon/table"
	"ktcpvs/tests/wait"
)

// A client that asks for the end gets the whole of its answer, whether it then
// keeps to that or goes on sending while its server thinks: a close with bytes
// unread would reset the connection, and the client would lose what it has not
// read yet.
func TestAClientThatAsksForTheEndGetsItsWholeAnswer(t *testing.T) {
	body := bytes.Repeat([]byte("0123456789abcdef"), 4096)
	r := newRig(t, 1)
	r.serve(table.ServiceSpec{Scheduler: "phttp"}, backend(t, func(w http.ResponseWriter, q *http.Request) {
		wait.Gap(50 * time.Millisecond)
		answer := body[:len(body)>>q.ContentLength] // of sizes that sockets take whole or in parts
		w.Header().Set("Content-Length", fmt.Sprint(len(answer)))
		w.Write(answer)
	}))
	for _, more := range []string{"", "GET /more HTTP/1.1\r\nHost: x\r\n\r\n"} {
		for length := range 13 {
			c := r.dial()
			c.SetReadBuffer(4096) // the kernel's buffers are not the reason why it arrives
			fmt.Fprintf(c, "POST / HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: %d\r\n\r\n%s",
				length, "123456789abc"[:length])
			wait.Gap(20 * time.Millisecond)
			io.WriteString(c, more)
			wait.Gap(60 * time.Millisecond) // the answer is there, and unread
			got, err := io.ReadAll(c)
			_, answer, _ := bytes.Cut(got, []byte("\r\n\r\n"))
			if want := body[:len(body)>>length]; err != nil || !bytes.Equal(answer, want) {
				t.Errorf("more %q, a body of %d: got %d bytes and %v, want a response of %d", more, length, len(answer), err, len(want))
			}
			c.Close()
		}
	}
}

// Nothing of a client that waits is received, and yet its going must be seen.
func TestAClientThatIsResetWhileItWaitsTakesItsServerConnectionAlong(t *testing.T) {
	r := newRig(t, 1)
	came, gone := make(chan bool, 1), make(chan error, 1)
	r.serve(table.ServiceSpec{Scheduler: "phttp"}, rawBackend(t, func(c net.Conn) {
		http.ReadRequest(bufio.NewReader(c))
		came <- true
		_, err := io.Copy(io.Discard, c)
		gone <- err
	}))
	c := r.dial()
	io.WriteString(c, "GET / HTTP/1.1\r\nHost: x\r\n\r\n")
	<-came
	c.SetLinger(0)
	c.Close()
	wait.For(t, "the server learns that it works for nobody", gone)
}
