package steady

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func pairs(n int, base, seen float64, disturbed string) (list []Pair) {
	for range n {
		list = append(list, Pair{base, seen, disturbed})
	}
	return list
}

func TestTheVerdictDependsOnTheRatioAndOnWhoDisturbed(t *testing.T) {
	q := Question{Bound: 2, Floor: 1, Least: 3}
	for _, test := range []struct {
		name  string
		pairs []Pair
		want  Verdict
	}{
		{"too few", pairs(2, 1, 1, ""), Open},
		{"within the bound", pairs(3, 1, 2, ""), Holds},
		{"within the bound though disturbed", pairs(3, 1, 2, "x"), Holds},
		{"past it, so far", pairs(3, 1, 3, ""), Open},
		{"past it on a quiet machine", pairs(9, 1, 3, ""), Fails},
		{"past it on a disturbed machine", pairs(9, 1, 3, "x"), Inconclusive},
		{"past it, with too few quiet pairs", append(pairs(7, 1, 3, "x"), pairs(2, 1, 3, "")...), Inconclusive},
		{"past it, with enough quiet pairs", append(pairs(6, 1, 3, "x"), pairs(3, 1, 3, "")...), Fails},
		{"past it while disturbed only", append(pairs(6, 1, 9, "x"), pairs(3, 1, 1, "")...), Holds},
		{"the baseline is below the floor", pairs(3, 0.1, 2, ""), Holds},
	} {
		if got := q.Judge(test.pairs); got != test.want {
			t.Errorf("%s: verdict %d, expected %d", test.name, got, test.want)
		}
	}
}

func TestOneOddPairDecidesNothing(t *testing.T) {
	q := Question{Bound: 2, Least: 3}
	if got := q.Judge([]Pair{{1, 1, ""}, {1, 100, ""}, {1, 1, ""}}); got != Holds {
		t.Errorf("verdict %d, expected %d", got, Holds)
	}
}

func TestAnInconclusiveComparisonIsCountedAndDoesNotFail(t *testing.T) {
	path := filepath.Join(t.TempDir(), "counted")
	t.Setenv(Counted, path)
	for range 2 {
		Question{What: "this example", Bound: 2, Least: 3}.Tell(t, Inconclusive, pairs(9, 1, 3, "an example"))
	}
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if lines := strings.Count(string(text), "\n"); lines != 2 || !strings.HasPrefix(string(text), t.Name()+": this example") {
		t.Errorf("%d lines, expected 2 with the test's name and what it compares:\n%s", lines, text)
	}
}

func TestEachKindOfDisturbanceIsNamed(t *testing.T) {
	const span = 10 * time.Second
	for _, test := range []struct {
		used   usage
		slower float64
		want   string
	}{
		{usage{busy: 8 * time.Second, own: 8 * time.Second}, 1.2, ""},
		{usage{busy: 9 * time.Second, own: 8 * time.Second, others: time.Second}, 1, ""},
		{usage{busy: 10 * time.Second, own: 8 * time.Second, others: 2 * time.Second}, 1, "other programs used 0.20 processors"},
		{usage{busy: 14 * time.Second, own: 8 * time.Second}, 1, "somebody unseen used 0.60 processors"},
		{usage{stolen: time.Second}, 1, "the host took 0.10 processors"},
		{usage{throttled: time.Second}, 1, "the group of processes was stopped for 1s"},
		{usage{}, 3, "the processor was 3.0 times slower than at best"},
	} {
		if got := disturbance(test.used, span, test.slower); got != test.want {
			t.Errorf("%+v: %q, expected %q", test.used, got, test.want)
		}
	}
}

func TestTheMachinesFilesAreRead(t *testing.T) {
	const stat = "cpu  9 9 9 9 9 9 9 9 9 9\ncpu0 1 2 3 400 5 6 7 8 0 0\ncpu1 10 20 30 400 50 60 70 80 0 0\nintr 1\n"
	busy, stolen := processors([]byte(stat), func(n int) bool { return n == 1 })
	if busy != 60*tick || stolen != 80*tick {
		t.Errorf("busy %v, stolen %v, expected %v, %v", busy, stolen, 60*tick, 80*tick)
	}
	p := parseProcess([]byte("12 (a ) b) S 7 12 12 0 -1 2097216 0 0 0 0 100 20 3 4 20 0 1 0\n"))
	if want := (process{true, true, 7, 127 * tick}); p != want {
		t.Errorf("%+v, expected %+v", p, want)
	}
}

func TestWhatAProcessAndItsChildrenUseIsNotOthers(t *testing.T) {
	before := use()
	began := threadTime()
	for threadTime()-began < 200*time.Millisecond {
		spin()
	}
	child := exec.Command("sh", "-c", "i=0; while [ $i -lt 300000 ]; do i=$((i+1)); done")
	if err := child.Run(); err != nil {
		t.Fatal(err)
	}
	// What is told in ticks may be short of one for each figure.
	want := 200*time.Millisecond + child.ProcessState.UserTime() + child.ProcessState.SystemTime() - 5*tick
	if d := use().since(before); d.own < want {
		t.Errorf("%v were used by this process and its child, expected %v at least", d.own, want)
	}
}

func TestAProcessOfSomebodyElseIsOthers(t *testing.T) {
	// As if this one had been started by nobody here.
	us := os.Getpid()
	then := usage{each: map[int]process{
		us:  {known: true, parent: 1},
		-7:  {known: true, parent: 1, spent: time.Second},
		-10: {known: true, parent: -7, spent: 2 * time.Second}, // ends, and is its parent's with what it has used
	}}
	now := usage{each: map[int]process{
		us: {known: true, parent: 1, spent: time.Second},
		-7: {known: true, parent: 1, spent: 6 * time.Second},
		-8: {known: true, parent: us, spent: time.Second},
		-9: {known: true, parent: -7, spent: time.Second},
		-2: {known: true, kernel: true, spent: time.Second},
	}}
	if d := now.since(then); d.own != 2*time.Second || d.others != 4*time.Second {
		t.Errorf("own %v, others %v, expected 2s and 4s", d.own, d.others)
	}
}
