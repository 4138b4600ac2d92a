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
	"ktcpvs/tests/steady"

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

// What a rule costs must not grow with how many there are.
func TestTenThousandRulesLoadAndListInProportionToTheirNumber(t *testing.T) {
	require.That(t, "a user and network namespace of its own", prototest.NoNamespace())
	question := steady.Question{What: "the processor's time for each of 10,000 rules, by that of 2,000", Bound: 3, Least: 3}
	question.Ask(t, func() (base, seen float64) { return loadAndList(t, 2000), loadAndList(t, 10000) })
}

// loadAndList gives the seconds of the processor that each of n rules takes.
func loadAndList(t *testing.T, n int) float64 {
	f := newFixture(t)
	c, err := client.Dial(client.Options{Port: prototest.Serve(t, f.control, engine.DefaultLimits())})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	changes := []proto.Change{newService("web"), ofDest(proto.CmdNewDest, "web", r1)}
	for i := range n {
		changes = append(changes, ofRule(proto.CmdNewRule, "web", fmt.Sprintf("^/shop/article/%d/[a-z]+\\.html$", i), r1))
	}
	used := cpu(t)
	if err := c.Apply(changes); err != nil {
		t.Fatal(err)
	}
	v, err := c.Virtual("web")
	if err != nil || len(v.Rules) != n {
		t.Fatalf("%d rules of %d, %v", len(v.Rules), n, err)
	}
	used = cpu(t) - used
	for i, r := range v.Rules {
		if want := changes[len(changes)-1-i].Rule; !r.Conditions.Equal(&want.Conditions) || !slices.Equal(r.Dests, want.Dests) {
			t.Fatalf("rule %d is %+v, want %+v", i, r, want)
		}
	}
	return used.Seconds() / float64(n)
}
