package main

import (
	"fmt"
	"strings"
	"testing"
)

// warns runs the binary, which must do what it is told and have those words in one
// warning each. With --strict it must be refused for the same, and change nothing.
func (o *operator) warns(args []string, words ...string) {
	o.t.Helper()
	strict := append(append([]string(nil), args...), "--strict")
	before := o.does("-Sn")
	r := o.call(strict...)
	if got := strings.Split(strings.TrimSuffix(r.stderr, "\n"), "\n"); r.status != exitFailed || !each(got, words) {
		o.t.Errorf("tcpvsadm %q: status %d,\n%s\nwant status 1 and a line for each of %q", strict, r.status, r.stderr, words)
	}
	if after := o.does("-Sn"); after != before {
		o.t.Errorf("tcpvsadm %q was refused, and made of\n%s\nthis:\n%s", strict, before, after)
	}
	r = o.call(args...)
	told, rest := warnings(r.stderr)
	if got := strings.Split(strings.TrimSuffix(told, "\n"), "\n"); r.status != exitDone || rest != "" || !each(got, words) {
		o.t.Errorf("tcpvsadm %q: status %d,\n%s\nwant status 0 and a warning for each of %q", args, r.status, r.stderr, words)
	}
}

// each tells whether there is a line for each of the words, and no more.
func each(lines, words []string) bool {
	if len(lines) != len(words) {
		return false
	}
	for i, word := range words {
		if !strings.Contains(lines[i], word) {
			return false
		}
	}
	return true
}

func TestWhatCanHardlyBeMeantIsWarnedOfAndRefusedWithStrict(t *testing.T) {
	o := newOperator(t)
	o.does("-A", "-i", "web", "-l", "10.0.0.1:80")
	o.does("-A", "-i", "any", "-l", "10.0.0.1:81", "-s", "wlc")
	o.does("-a", "-i", "web", "-r", "10.0.0.2:80")
	o.does("-a", "-i", "any", "-r", "10.0.0.2:80")
	o.warns([]string{"--start", "-i", "web"}, `service "web": it runs without a rule`)
	o.does("--stop")
	o.warns([]string{"--start"}, `service "web": it runs without a rule`)
	o.warns([]string{"--add-rule", "-i", "web", "--method", "get", "--host", "a:80", "-r", "10.0.0.2:80"}, "GET may be meant", "leave out :80")
	o.warns([]string{"--add-rule", "-i", "any", "-p", "/a", "-r", "10.0.0.2:80"}, `service "any": its scheduler, wlc, looks at no request`)

	file := write(t, `virtual web {
  listen = 10.0.0.1:80 server = 10.0.0.2:80
  rule = pattern "/a/b" use server 10.0.0.2:80
  rule = pattern "^a" use server 10.0.0.2:80
  rule = pattern "/a" use server 10.0.0.2:80
}
`)
	words := []string{`:3:10: service "web": no request gets to this rule: rule pattern "/a" (line 5) takes all`,
		`:4:10: service "web": no request is like this rule`}
	o.warns([]string{"-f", file, "--check"}, words...)
	o.does("--stop")
	o.warns([]string{"-f", file}, words...)
}

func TestOnlySoManyWarningsAreTold(t *testing.T) {
	o := newOperator(t)
	text := "virtual web { server = 10.0.0.2:80\n"
	for range 30 {
		text += "rule = pattern /a" + strings.Repeat("b", strings.Count(text, "\n")) + " use server 10.0.0.2:80\n"
	}
	r := o.call("-f", write(t, text+"rule = pattern / use server 10.0.0.2:80 }"), "--check")
	if n := strings.Count(r.stderr, "\n"); r.status != exitDone || n != mostWarnings+1 || !strings.HasSuffix(r.stderr, "and 10 more warnings\n") {
		t.Errorf("30 hidden rules: status %d, %d lines\n%s\nwant status 0, %d lines and how many more", r.status, n, r.stderr, mostWarnings+1)
	}
}

func TestABatchTellsOfItsRules(t *testing.T) {
	o := newOperator(t)
	o.stdin = "-A -i web\n-a -i web -r 10.0.0.1:80\n--add-rule -i web --method get -r 10.0.0.1:80\n"
	r := o.call("--batch")
	if r.status != exitDone || strings.Count(r.stderr, "GET may be meant") != 1 {
		t.Errorf("status %d, %q, want one warning", r.status, r.stderr)
	}
}

// The last of these hides the others, of which not all are looked at.
func TestThatNotAllRulesWereLookedAtIsToldHoweverManyWarningsThereAre(t *testing.T) {
	var src strings.Builder
	src.WriteString("virtual web { listen = 10.0.0.1:80 server = 10.0.0.2:80 1\n")
	for i := range 10000 {
		fmt.Fprintf(&src, "rule = pattern \"^/r%05d/item/[0-9]+\\.html\" use server 10.0.0.2:80\n", i)
	}
	src.WriteString("rule = pattern \"^/r[0-9]+/\" use server 10.0.0.2:80\n}\n")
	r := newOperator(t).call("-f", write(t, src.String()), "--check")
	told := strings.Split(r.stderr, "\n")
	if r.status != exitDone || !strings.Contains(told[0], `service "web": the analysis of its rules stopped`) || !strings.Contains(r.stderr, " more warnings\n") {
		t.Errorf("status %d, the first warnings are\n%s", r.status, strings.Join(told[:min(3, len(told))], "\n"))
	}
}
