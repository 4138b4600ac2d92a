package control

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"ktcpvs/proto"
	"ktcpvs/proto/client"
	"ktcpvs/proto/engine"
	"ktcpvs/proto/prototest"
	"ktcpvs/tests/require"

	"golang.org/x/sys/unix"
)

func TestMain(m *testing.M) { prototest.Main(m) }

// cpu is what this process has used so far, which does not depend on what else
// the machine is doing.
func cpu(t *testing.T) time.Duration {
	var u unix.Rusage
	if err := unix.Getrusage(unix.RUSAGE_SELF, &u); err != nil {
		t.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

func TestTenThousandRulesLoadAndListUnderTwoSeconds(t *testing.T) {
	require.That(t, "a user and network namespace of its own", prototest.NoNamespace())
	f := newFixture(t)
	c, err := client.Dial(client.Options{Port: prototest.Serve(t, f.control, engine.DefaultLimits())})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	changes := []proto.Change{newService("web"), ofDest(proto.CmdNewDest, "web", r1)}
	for i := range 10000 {
		changes = append(changes, ofRule(proto.CmdNewRule, "web", fmt.Sprintf("^/shop/article/%d/[a-z]+\\.html$", i), r1))
	}
	started, used := time.Now(), cpu(t)
	if err := c.Apply(changes); err != nil {
		t.Fatal(err)
	}
	loaded := time.Now()
	v, err := c.Virtual("web")
	if err != nil || len(v.Rules) != 10000 {
		t.Fatalf("%d rules, %v", len(v.Rules), err)
	}
	t.Logf("loaded in %v, listed in %v", loaded.Sub(started), time.Since(loaded))
	if took := cpu(t) - used; took > 2*time.Second && !race {
		t.Errorf("loading and listing took %v of the processor, expected less than 2s", took)
	}
	for i, r := range v.Rules {
		if want := changes[len(changes)-1-i].Rule; !r.Conditions.Equal(&want.Conditions) || !slices.Equal(r.Dests, want.Dests) {
			t.Fatalf("rule %d is %+v, want %+v", i, r, want)
		}
	}
}
