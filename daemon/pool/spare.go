package pool

import "time"

// Spare decides how many idle connection contexts a service keeps warm, by
// the policy that KTCPVS had for its kernel threads (reference, section 4):
//
//	idle < Min:  spawn 1, 2, 4 ... 32 a second, doubling while it is not enough
//	idle > Max:  retire half of those past Max that nobody has needed, a second
//	otherwise:   the next batch is 1 again
//
// KTCPVS retired one a second, which after a crowd of thousands took hours.
type Spare struct {
	Min, Max int

	batch int
	last  time.Duration
	begun bool
}

const (
	spareEvery   = time.Second
	largestBatch = 32
)

// Tick says how many contexts to spawn (n > 0) or to retire (n < 0), given how
// many are idle, and the fewest that were since the last decision. It is one at
// the least that is retired. Calls within a second of the last decision answer 0.
func (s *Spare) Tick(idle, fewest int, now time.Duration) (n int) {
	if s.begun && now-s.last < spareEvery {
		return 0
	}
	s.begun, s.last = true, now
	switch {
	case idle < s.Min:
		if s.batch == 0 {
			s.batch = 1
		}
		n = s.batch
		s.batch = min(s.batch*2, largestBatch)
		return n
	case idle > s.Max:
		s.batch = 1
		return -max((fewest-s.Max+1)/2, 1)
	}
	s.batch = 1
	return 0
}
