package netns

import (
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"ktcpvs/tests/netns/lab"
	"ktcpvs/tests/require"
)

func TestLogIsTextOrJSONLineByLine(t *testing.T) {
	t.Parallel()
	for format, check := range map[string]func(line string) error{
		"text": func(line string) error {
			if !strings.HasPrefix(line, "time=") || !strings.Contains(line, " level=") || !strings.Contains(line, " msg=") {
				return fmt.Errorf("no text record")
			}
			return nil
		},
		"json": func(line string) error {
			var record struct {
				Time       time.Time
				Level, Msg string
			}
			err := json.Unmarshal([]byte(line), &record)
			if err == nil && (record.Time.IsZero() || record.Level == "" || record.Msg == "") {
				err = fmt.Errorf("time, level or msg is missing")
			}
			return err
		},
	} {
		h := lab.NewHost(t, "balancer")
		d := h.StartDaemon("--log=" + format)
		h.SetKnob("debug_level", "12")
		h.Operator().Script(`
			-A -i web -l 127.0.0.1:81
			--start
			--stop`)
		d.Signal(unix.SIGTERM)
		d.Wait()
		lines := strings.Split(strings.TrimSpace(d.Log.String()), "\n")
		if len(lines) < 5 {
			t.Errorf("%s: only %q", format, lines)
		}
		for _, line := range lines {
			if err := check(line); err != nil {
				t.Errorf("%s: %v: %s", format, err, line)
			}
		}
	}
}

func TestTheKernelLogGetsLinesAsTheOriginalWroteThem(t *testing.T) {
	t.Parallel()
	h := lab.NewHost(t, "balancer")
	kernel, err := os.OpenFile("/dev/kmsg", os.O_RDWR|unix.O_NONBLOCK, 0)
	require.That(t, "/dev/kmsg, to read and to write", err)
	defer kernel.Close()
	if _, err := kernel.Seek(0, unix.SEEK_END); err != nil {
		t.Fatal(err)
	}
	d := h.Launch(h.Command(lab.Binary("ktcpvsd"), "--log=kmsg"))
	lab.Eventually(t, "it is ready", func() bool {
		_, err := os.Stat(h.Path(lab.PIDFile))
		return err == nil
	})
	h.SetKnob("unload", "1")
	want := map[string]bool{
		fmt.Sprintf("TCPVS: TCP Virtual Server ready version=1.0.0 pid=%d", d.PID()): true,
		"TCPVS: " + lastWords: true,
	}
	record := make([]byte, 8192)
	lab.Eventually(t, "the kernel log has both lines", func() bool {
		for {
			n, err := unix.Read(int(kernel.Fd()), record)
			if err != nil {
				return len(want) == 0
			}
			// 6,1234,5678901,-;TCPVS: text
			head, text, _ := strings.Cut(string(record[:n]), ";")
			for line := range want {
				if strings.HasPrefix(text, line) {
					delete(want, line)
					var priority int
					if fmt.Sscan(strings.ReplaceAll(head, ",", " "), &priority); priority&7 != 6 {
						t.Errorf("%s has priority %d, want info", line, priority)
					}
				}
			}
		}
	})
	if text := d.Log.String(); text != "" {
		t.Errorf("standard error has %q too", text)
	}
}
