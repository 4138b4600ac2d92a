package wrk

import (
	"net/http"
	"net/http/httptest"
	"net/netip"
	"runtime"
	"strings"
	"testing"
	"time"

	"ktcpvs/tests/require"

	"ktcpvs/tests/load/cpu"
)

const output = `Running 1s test @ http://127.0.0.1:20001/
  1 threads and 16 connections
  Thread Stats   Avg      Stdev     Max   +/- Stdev
    Latency   312.11us   88.20us   2.02ms   90.13%
    Req/Sec    50.61k     1.20k   52.03k    70.00%
  Latency Distribution
     50%  295.00us
     75%  330.00us
     90%  390.00us
     99%    1.20ms
  55341 requests in 1.10s, 12.72MB read
Requests/sec:  50320.11
Transfer/sec:     11.57MB
`

func TestParseReadsCountsAndQuantiles(t *testing.T) {
	got, err := Parse(output)
	want := Result{Requests: 55341, Elapsed: 1100 * time.Millisecond, P50: 295 * time.Microsecond, P99: 1200 * time.Microsecond}
	if err != nil || got != want {
		t.Errorf("parsed %+v (%v), expected %+v", got, err, want)
	}
}

func TestParseNamesWhatIsWrong(t *testing.T) {
	for want, text := range map[string]string{
		"requests in":          "",
		"latency distribution": "  55341 requests in 1.10s, 12.72MB read\n",
		"Non-2xx":              output + "  Non-2xx or 3xx responses: 17\n",
		"Socket errors":        output + "  Socket errors: connect 0, read 3, write 0, timeout 0\n",
		"99%":                  strings.Replace(output, "1.20ms", "soon", 1),
		"many requests":        strings.Replace(output, "55341", "many", 1),
	} {
		if _, err := Parse(text); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, expected one that says %q", err, want)
		}
	}
}

func TestRunMeasuresALiveServer(t *testing.T) {
	require.That(t, "the program wrk", Missing("wrk"))
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	cores, err := cpu.Allowed()
	if err != nil {
		t.Fatal(err)
	}
	for status, failed := range map[int]bool{http.StatusOK: false, http.StatusBadGateway: true} {
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(status) }))
		target := netip.MustParseAddrPort(server.Listener.Addr().String())
		result, err := Run(t.Context(), "wrk", cores[0], target, 2, 1)
		server.Close()
		if failed && (err == nil || !strings.Contains(err.Error(), "Non-2xx")) {
			t.Errorf("with status %d: error %v, expected one that says Non-2xx", status, err)
		}
		if !failed && (err != nil || result.Requests == 0 || result.CPU <= 0) {
			t.Errorf("with status %d: %+v, error %v", status, result, err)
		}
	}
}

func TestAMissingWrkIsNamed(t *testing.T) {
	if err := Missing("/none/wrk"); err == nil || !strings.Contains(err.Error(), "/none/wrk") {
		t.Errorf("error %v, expected one that names the path", err)
	}
}
