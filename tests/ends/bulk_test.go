package ends

import (
	"fmt"
	"io"
	"testing"
)

// A tunnel of which the other side has ended first is spliced to its last byte:
// that both directions have ended is no failure while bytes are under way.
func TestABulkTunnelThatEndsSecondIsWhole(t *testing.T) {
	for _, poller := range []string{"epoll", "io_uring"} {
		for _, zerocopy := range []string{"0", "1"} {
			t.Run(fmt.Sprintf("%s/zerocopy=%s", poller, zerocopy), func(t *testing.T) {
				t.Parallel()
				s := newSite(t, zerocopy)
				for _, host := range []string{"client", "r1"} {
					s.Host(host).Shell("echo 4096 131072 6291456 > /proc/sys/net/ipv4/tcp_rmem; echo 4096 65536 4194304 > /proc/sys/net/ipv4/tcp_wmem")
				}
				s.Balancer.Shell("echo 4096 131072 6291456 > /proc/sys/net/ipv4/tcp_rmem; echo 4096 65536 4194304 > /proc/sys/net/ipv4/tcp_wmem")
				s.start("--poll=" + poller)
				for _, k := range kinds() {
					if k.column != tunnel || k.scheduler != "wlc" && k.scheduler != "phttp" {
						continue
					}
					for _, six := range []bool{false, true} {
						if err := s.endSecond(&k, six); err != nil {
							t.Errorf("%s, IPv6 %v: %v", k.name, six, err)
						}
					}
				}
			})
		}
	}
}

func (s *site) endSecond(k *kind, six bool) error {
	const size = 24 << 20
	st, err := s.open(k, six, size, true)
	defer func() {
		for _, f := range st.close {
			f()
		}
	}()
	if err != nil {
		return err
	}
	st.receiver.CloseWrite()
	if _, err := io.Copy(io.Discard, st.heard); err != nil {
		return fmt.Errorf("the sender reads to the receiver's end: %w", err)
	}
	go func() {
		st.write()
		ends(st)
	}()
	if seen := st.received(0); seen != "whole" {
		return fmt.Errorf("the receiver sees %q, expected all %d bytes and the end", seen, size)
	}
	return nil
}
