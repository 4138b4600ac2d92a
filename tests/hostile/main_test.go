package hostile

import (
	"os"
	"testing"
	"time"

	"ktcpvs/tests/hostile/arena"
)

func TestMain(m *testing.M) { os.Exit(arena.Main(m)) }

// long tells whether there is time for the long form of a test.
func long() bool { return os.Getenv("KTCPVS_HOSTILE_LONG") == "1" }

// pairs and window are how many quiet and disturbed windows a comparison has,
// and how long each is.
func pairs() int {
	if long() {
		return 9
	}
	return 3
}

func window() time.Duration {
	if long() {
		return 2 * time.Second
	}
	return 600 * time.Millisecond
}
