package loop

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"ktcpvs/daemon/table"
)

// A client that takes nothing is reset, or the kernel would go on offering it
// the megabytes that it holds for it.
func TestAClientThatTakesNothingIsResetWhenTheTimeIsOver(t *testing.T) {
	for _, zerocopy := range []int64{0, 1} {
		r := newRig(t, 1)
		r.knobs.ZerocopySend.Set(zerocopy)
		r.knobs.ReadTimeout.Set(1)
		const size = 64 << 20
		r.serve(table.ServiceSpec{Scheduler: "phttp"}, backend(t, func(w http.ResponseWriter, q *http.Request) {
			w.Header().Set("Content-Length", fmt.Sprint(size))
			io.CopyN(w, zeros{}, size)
		}))
		c := r.dial()
		c.SetReadBuffer(4096)
		io.WriteString(c, "GET / HTTP/1.1\r\nHost: x\r\n\r\n")
		time.Sleep(500 * time.Millisecond)
		for n := 0; r.group.Sessions() > 0; n++ {
			if n == 500 {
				t.Fatal("the connection is still open")
			}
			time.Sleep(20 * time.Millisecond)
		}
		c.SetDeadline(time.Now().Add(10 * time.Second))
		if n, err := io.Copy(io.Discard, c); !errors.Is(err, unix.ECONNRESET) {
			t.Errorf("zerocopy %d: %v after %d bytes, want a reset", zerocopy, err, n)
		}
	}
}
