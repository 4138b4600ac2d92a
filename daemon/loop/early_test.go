package loop

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"testing"

	"ktcpvs/daemon/table"
)

// A server that refuses a large body says so and closes, and the reset that
// follows must not be all that is seen of it.
func TestAnAnswerToHalfABodyReachesTheClientThoughTheServerHasGone(t *testing.T) {
	for _, zerocopy := range []int64{0, 1} {
		r := newRig(t, 1)
		r.knobs.ZerocopySend.Set(zerocopy)
		r.serve(table.ServiceSpec{Scheduler: "phttp"}, rawBackend(t, func(c net.Conn) {
			http.ReadRequest(bufio.NewReader(c))
			io.CopyN(io.Discard, c, 1<<20)
			io.WriteString(c, "HTTP/1.1 413 No\r\nContent-Length: 2\r\n\r\nno")
		}))
		seen := map[int]int{}
		for range 50 {
			c := r.dial()
			fmt.Fprintf(c, "PUT / HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n", 16<<20)
			go io.CopyN(c, zeros{}, 16<<20)
			seen[status(t, c)]++
			c.Close()
		}
		if seen[413] != 50 {
			t.Errorf("zerocopy %d: %v, want 50 times 413", zerocopy, seen)
		}
	}
}
