package http

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

var clauseID = regexp.MustCompile(`^911[0-9] [0-9.]+(, [0-9.]+)*$`)

// Every clause in clauses.md is held by tests that exist, or says why it asks for nothing.
func TestClausesNameTestsThatExist(t *testing.T) {
	packages := map[string]subtests{
		"http1": testsOf(t, "../../daemon/http1"),
		"http":  testsOf(t, "."),
	}
	text, err := os.ReadFile("clauses.md")
	if err != nil {
		t.Fatal(err)
	}
	rows := 0
	for line := range strings.Lines(string(text)) {
		cells := strings.Split(strings.Trim(strings.TrimSpace(line), "|"), " | ")
		if !strings.HasPrefix(line, "| 9") {
			continue
		}
		if len(cells) != 3 || !clauseID.MatchString(strings.TrimSpace(cells[0])) || strings.TrimSpace(cells[1]) == "" {
			t.Errorf("not a row of clause, requirement and tests: %s", line)
			continue
		}
		rows++
		held := strings.TrimSpace(cells[2])
		if reason, none := strings.CutPrefix(held, "n/a: "); none {
			if len(reason) < 10 {
				t.Errorf("no reason: %s", line)
			}
			continue
		}
		for ref := range strings.SplitSeq(held, "; ") {
			if problem := missing(packages, ref); problem != "" {
				t.Errorf("%s: %s", strings.TrimSpace(cells[0]), problem)
			}
		}
	}
	if rows < 80 {
		t.Errorf("only %d clauses", rows)
	}
}

// missing says what of a reference to a test does not exist: "package.Test", "package.Test/subtest" or
// "relay/scenario".
func missing(packages map[string]subtests, ref string) string {
	if scenario, found := strings.CutPrefix(ref, "relay/"); found {
		if _, err := os.Stat(filepath.Join("../../daemon/relay/testdata", scenario+".scenario")); err != nil {
			return "no scenario " + scenario
		}
		return ""
	}
	pkg, name, _ := strings.Cut(ref, ".")
	name, subtest, _ := strings.Cut(name, "/")
	names, found := packages[pkg][name]
	switch {
	case !found:
		return "no test " + ref
	case subtest != "" && !names[subtest]:
		return "no subtest " + ref
	}
	return ""
}
