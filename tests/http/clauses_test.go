package http

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

var (
	clauseID = regexp.MustCompile(`^911[0-9] [0-9.]+(, [0-9.]+)*$`)
	testFunc = regexp.MustCompile(`(?m)^func (Test\w+)\(`)
)

// Every clause in clauses.md is held by tests that exist, or says why it asks for nothing.
func TestClausesNameTestsThatExist(t *testing.T) {
	sources := map[string]string{
		"http1": testSource(t, "../../daemon/http1"),
		"http":  testSource(t, "."),
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
			if problem := missing(sources, ref); problem != "" {
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
func missing(sources map[string]string, ref string) string {
	if scenario, found := strings.CutPrefix(ref, "relay/"); found {
		if _, err := os.Stat(filepath.Join("../../daemon/relay/testdata", scenario+".scenario")); err != nil {
			return "no scenario " + scenario
		}
		return ""
	}
	pkg, name, _ := strings.Cut(ref, ".")
	name, subtest, _ := strings.Cut(name, "/")
	for _, match := range testFunc.FindAllStringSubmatch(sources[pkg], -1) {
		if match[1] != name {
			continue
		}
		if subtest != "" && !strings.Contains(sources[pkg], `"`+subtest+`"`) {
			return "no subtest " + ref
		}
		return ""
	}
	return "no test " + ref
}

// testSource is all test files of a folder.
func testSource(t *testing.T, folder string) string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(folder, "*_test.go"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no tests in %s", folder)
	}
	var all strings.Builder
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		all.Write(text)
	}
	return all.String()
}
