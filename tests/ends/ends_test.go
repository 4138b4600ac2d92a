package ends

import (
	"fmt"
	"os"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"ktcpvs/tests/netns/lab"
	"ktcpvs/tests/steady"
	"ktcpvs/tests/wait"
)

func TestMain(m *testing.M) { os.Exit(lab.Main(m)) }

// cell is one trial of a cell of the manual's table.
type cell struct {
	kind
	six, stuck bool
	said       verdicts
	*stream
}

func (c *cell) String() string {
	return fmt.Sprintf("%s, IPv%d, %s", c.kind.name, map[bool]int{false: 4, true: 6}[c.six],
		map[bool]string{false: "all taken", true: "buffers full"}[c.stuck])
}

func TestEveryEndIsSeenAsTheManualSays(t *testing.T) {
	table, err := readManual("../../scripts/man/ktcpvsd.8")
	if err != nil {
		t.Fatal(err)
	}
	for name := range table {
		if !known(name) {
			t.Errorf("the manual tells of %q, which nobody tries", name)
		}
	}
	for _, poller := range []string{"epoll", "io_uring"} {
		for _, zerocopy := range []string{"0", "1"} {
			t.Run(fmt.Sprintf("%s/zerocopy=%s", poller, zerocopy), func(t *testing.T) {
				t.Parallel()
				s := newSite(t, zerocopy)
				var shared *lab.Daemon // by the events that leave it running
				for _, ev := range events() {
					said := table[ev.name]
					if said == nil {
						t.Errorf("the manual does not tell what is seen when: %s", ev.name)
						continue
					}
					own := ev.common != nil || ev.timeout > 0
					if shared == nil {
						shared = s.start(append(ev.args, "--poll="+poller)...)
					} else if own {
						s.end(shared)
						shared = s.start(append(ev.args, "--poll="+poller)...)
					}
					if ev.timeout > 0 {
						steady.Slower(t, func(t testing.TB, scale int) {
							s.Balancer.SetKnob("read_timeout", fmt.Sprint(ev.timeout*scale))
							s.try(t, shared, &ev, said)
						})
					} else {
						s.try(t, shared, &ev, said)
					}
					if own {
						s.end(shared)
						shared = nil
					}
				}
			})
		}
	}
}

func known(name string) bool {
	for _, ev := range events() {
		if ev.name == name {
			return true
		}
	}
	return false
}

// end has a daemon end, if it has not been made to.
func (s *site) end(d *lab.Daemon) {
	d.Signal(unix.SIGTERM)
	d.Wait()
}

// try has one event happen to a stream of each kind.
func (s *site) try(t testing.TB, d *lab.Daemon, ev *event, said map[string]verdicts) {
	var cells []*cell
	for _, k := range kinds() {
		for i := range 4 {
			if v, is := said[k.column]; is {
				cells = append(cells, &cell{kind: k, six: i&1 != 0, stuck: i&2 != 0, said: v})
			}
		}
	}
	each := func(f func(*cell) error) {
		var all sync.WaitGroup
		for _, c := range cells {
			all.Go(func() {
				if err := f(c); err != nil {
					t.Errorf("%s: %v: %v", ev.name, c, err)
				}
			})
		}
		all.Wait()
	}
	began := time.Now()
	var failed atomic.Bool
	each(func(c *cell) error {
		err := s.begin(c, ev)
		if err != nil {
			failed.Store(true)
		}
		return err
	})
	defer each(func(c *cell) error {
		for _, f := range c.close {
			f()
		}
		return nil
	})
	if failed.Load() {
		return
	}
	if ev.common != nil {
		ev.common(s, d)
	}
	each(func(c *cell) error { return c.see(ev) })
	t.Logf("%s: %d cells in %v", ev.name, len(cells), time.Since(began).Round(time.Millisecond))
}

// begin opens the stream of a cell and has it under way. Where timeouts are short a
// busy machine may take too long to do so, and does it again.
func (s *site) begin(c *cell, ev *event) (err error) {
	total := little
	if c.stuck {
		total = much
	}
	for end := wait.End(); time.Now().Before(end); {
		c.stream, err = s.open(&c.kind, c.six, total, ev.complete)
		if err == nil {
			err = c.fill(c.stuck)
		}
		if err == nil || ev.timeout == 0 {
			break
		}
		for _, f := range c.close {
			f()
		}
	}
	return err
}

// see has the event happen to the stream, and compares what its sides see with
// what the manual says.
func (c *cell) see(ev *event) error {
	if ev.apply != nil {
		done := make(chan bool)
		go func() { ev.apply(c.stream); close(done) }()
		defer func() { <-done }()
	}
	from := 0
	if !c.stuck {
		from = c.total
	}
	if !ev.silent {
		seen := c.received(from)
		if ev.after != nil && seen == "whole" {
			seen = ev.after(c.stream)
		}
		if !agrees(seen, c.said.receiver) {
			return fmt.Errorf("the receiver sees %q, expected %q", seen, c.said.receiver)
		}
	}
	if c.said.sender != "-" {
		if seen := c.told(c.said.sender, ev.goesOn); !agrees(seen, c.said.sender) {
			return fmt.Errorf("the sender sees %q, expected %q", seen, c.said.sender)
		}
	}
	return nil
}
