package main

import (
	"slices"
	"strings"
	"testing"
)

// ruled is an operator of a daemon with three rules, the second of two servers.
func ruled(t *testing.T) *operator {
	o := newOperator(t)
	for _, call := range []string{
		"-A -i web", "-a -i web -r 10.0.0.1", "-a -i web -r 10.0.0.2",
		"--add-rule -i web -p .* -r 10.0.0.1", "--add-rule -i web -p /b -r 10.0.0.1", "--add-rule -i web -p /b -r 10.0.0.2",
		"--add-rule -i web -p /a --method GET -r 10.0.0.2",
	} {
		o.does(strings.Fields(call)...)
	}
	return o
}

const ruledList = `TCP Virtual Server version 1.0.0
web 0.0.0.0:8080
Number     Hits  Last                 Rule
     1        0  never                pattern "/a" method GET use server 10.0.0.2:8080
     2        0  never                pattern "/b" use server 10.0.0.2:8080 10.0.0.1:8080
     3        0  never                pattern ".*" use server 10.0.0.1:8080
`

func (o *operator) rules(t *testing.T) (list []string) {
	t.Helper()
	for line := range strings.Lines(o.does("-L", "--rules", "-n")) {
		if _, rule, found := strings.Cut(line, " pattern "); found {
			list = append(list, strings.TrimSpace(rule))
		}
	}
	return list
}

func (o *operator) hasRules(t *testing.T, want ...string) {
	t.Helper()
	if got := o.rules(t); strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("the rules are\n%s\nexpected\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

const (
	ruleA   = `"/a" method GET use server 10.0.0.2:8080`
	ruleB   = `"/b" use server 10.0.0.2:8080 10.0.0.1:8080`
	ruleAny = `".*" use server 10.0.0.1:8080`
)

func TestRulesAreListedByTheirNumbers(t *testing.T) {
	o := ruled(t)
	if got := o.does("-L", "--rules", "-n"); got != ruledList {
		t.Errorf("got\n%s\nexpected\n%s", got, ruledList)
	}
}

func TestARuleIsPlacedMovedAndDeletedByItsNumber(t *testing.T) {
	o := ruled(t)
	o.does("--add-rule", "-i", "web", "-p", "/c", "-r", "10.0.0.1", "--at", "3")
	ruleC := `"/c" use server 10.0.0.1:8080`
	o.hasRules(t, ruleA, ruleB, ruleC, ruleAny)
	o.does("--move-rule", "3", "1", "-i", "web")
	o.hasRules(t, ruleC, ruleA, ruleB, ruleAny)
	o.does("--move-rule", "1", "3", "-i", "web")
	o.does("--del-rule", "-i", "web", "--number", "2", "-r", "10.0.0.2")
	o.hasRules(t, ruleA, `"/b" use server 10.0.0.1:8080`, ruleC, ruleAny)
	o.does("--del-rule", "-i", "web", "--number", "2")
	o.does("--del-rule", "-i", "web", "--number", "1")
	o.hasRules(t, ruleC, ruleAny)

	o.fails(exitFailed, `Module is wrong version: rule "/d" cannot be number 3, expected 1 to 2`, "--add-rule", "-i", "web", "-p", "/d", "-r", "10.0.0.1", "--at", "3")
	o.fails(exitFailed, `Invalid argument: rule ".*" cannot be number 1, expected 2 to 2`, "--move-rule", "2", "1", "-i", "web")
	o.fails(exitAlready, `No such rule: service "web" has no rule 3, it has 2`, "--move-rule", "3", "1", "-i", "web")
	o.fails(exitAlready, `No such rule: service "web" has no rule 3, it has 2`, "--del-rule", "-i", "web", "--number", "3")
	o.does("--del-rule", "-i", "web", "--number", "3", "--if-needed")
	o.fails(exitAlready, `No such rule: rule "/c" with server 10.0.0.2:8080 of service "web"`, "--del-rule", "-i", "web", "--number", "1", "-r", "10.0.0.2")
	o.hasRules(t, ruleC, ruleAny)
}

// The case of a rule is part of what it is.
func TestRulesOfThePathHaveNumbersToo(t *testing.T) {
	o := ruled(t)
	o.does("--add-rule", "-i", "web", "--prefix", "/a", "-r", "10.0.0.1", "--at", "2")
	o.does("--add-rule", "-i", "web", "--prefix", "/a", "--ignore-case", "-r", "10.0.0.1", "--at", "3")
	o.does("--move-rule", "3", "1", "-i", "web")
	want := []string{`prefix "/a" i use`, `pattern "/a" method GET use`, `prefix "/a" use`, `pattern "/b" use`, `pattern ".*" use`}
	rules := func() (lines []string) {
		for line := range strings.Lines(o.does("-L", "--rules", "-n")) {
			if _, rule, ok := strings.Cut(line, "never  "); ok {
				lines = append(lines, strings.TrimSpace(rule[:strings.Index(rule, " server")]))
			}
		}
		return lines
	}
	if got := rules(); !slices.Equal(got, want) {
		t.Errorf("the rules are %q, expected %q", got, want)
	}
	o.does("--del-rule", "-i", "web", "--number", "1")
	o.does("--del-rule", "-i", "web", "--prefix", "/a", "-r", "10.0.0.1")
	if got := rules(); !slices.Equal(got, slices.Delete(slices.Delete(want, 2, 3), 0, 1)) {
		t.Errorf("the rules are %q when both prefixes are deleted", got)
	}
}

func TestAServerIsDeletedWithItsRules(t *testing.T) {
	o := ruled(t)
	o.does("-d", "-i", "web", "-r", "10.0.0.2", "--with-rules")
	o.hasRules(t, `"/b" use server 10.0.0.1:8080`, ruleAny)
	o.fails(exitAlready, `No such destination: server 10.0.0.2:8080 of service "web"`, "-d", "-i", "web", "-r", "10.0.0.2", "--with-rules")
	o.does("-d", "-i", "web", "-r", "10.0.0.2", "--with-rules", "--if-needed")
	o.does("-d", "-i", "web", "-r", "10.0.0.1", "--with-rules")
	if v := o.daemon.Table()[0]; len(v.Dests)+len(v.Rules) != 0 {
		t.Errorf("%d servers and %d rules are left, expected none", len(v.Dests), len(v.Rules))
	}
}
