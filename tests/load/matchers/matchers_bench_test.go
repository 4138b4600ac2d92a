package matchers

import (
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"ktcpvs/daemon/match"
	"ktcpvs/tests/require"
)

// table has n rules that a URI can begin at any byte and that take it at its end, and
// URIs: ordinary ones, each of which a rule takes, or hostile ones that begin as many
// rules as 7,500 bytes can, and that none takes.
func table(n int, hostile bool) (rules, uris []string) {
	r := rand.New(rand.NewPCG(61, 62))
	for i := range n {
		rules = append(rules, fmt.Sprintf("/r%05d/.*z%05d$", i, i))
	}
	for range 400 {
		var uri strings.Builder
		for i := r.IntN(n); hostile && uri.Len() < 7500; i = r.IntN(n) {
			fmt.Fprintf(&uri, "/r%05d/z%05d", i, r.IntN(n))
		}
		if i := r.IntN(n); hostile {
			uri.WriteByte('q')
		} else {
			fmt.Fprintf(&uri, "/shop/r%05d/a-page/z%05d", i, i)
		}
		uris = append(uris, uri.String())
	}
	return rules, uris
}

// BenchmarkURI is what a URI takes to match.
func BenchmarkURI(b *testing.B) {
	program, missing := re2set(b)
	for _, n := range []int{10, 100, 1000, 10000} {
		for _, kind := range []string{"ordinary", "hostile"} {
			rules, uris := table(n, kind == "hostile")
			name := fmt.Sprintf("%s/rules=%d/", kind, n)
			b.Run(name+"ours", func(b *testing.B) { ours(b, rules, uris) })
			b.Run(name+"regexp", func(b *testing.B) { oneByOne(b, rules, uris) })
			b.Run(name+"re2set", func(b *testing.B) {
				require.That(b, "RE2's sets, which take g++ and libre2-dev", missing)
				byProgram(b, program, rules, uris)
			})
		}
	}
}

func ours(b *testing.B, rules, uris []string) {
	var patterns []*match.Pattern
	for _, rule := range rules {
		patterns = append(patterns, &match.Pattern{Expr: rule})
	}
	set, err := match.Compile(patterns, match.DefaultLimits())
	if err != nil {
		b.Fatal(err)
	}
	for i := 0; b.Loop(); i++ {
		set.Match(&match.Input{URI: []byte(uris[i%len(uris)])})
	}
}

func oneByOne(b *testing.B, rules, uris []string) {
	var each []*regexp.Regexp
	for _, rule := range rules {
		each = append(each, regexp.MustCompilePOSIX(rule))
	}
	for i := 0; b.Loop(); i++ {
		for _, re := range each {
			if re.MatchString(uris[i%len(uris)]) {
				break
			}
		}
	}
}

// re2set builds the program, or tells why it cannot be built.
func re2set(b *testing.B) (program string, missing error) {
	program = filepath.Join(b.TempDir(), "re2set")
	out, err := exec.Command("g++", "-O2", "-o", program, "re2set/re2set.cc", "-lre2").CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("%w: %.200s", err, out)
	}
	return program, nil
}

func byProgram(b *testing.B, program string, rules, uris []string) {
	dir := b.TempDir()
	for name, lines := range map[string][]string{"rules": rules, "uris": uris} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(strings.Join(lines, "\n")+"\n"), 0o644); err != nil {
			b.Fatal(err)
		}
	}
	out, err := exec.Command(program, filepath.Join(dir, "rules"), filepath.Join(dir, "uris")).Output()
	if err != nil {
		b.Fatal(err)
	}
	var each, gaveUp float64
	if _, err := fmt.Sscan(string(out), &each, &gaveUp); err != nil {
		b.Fatalf("re2set says %q: %v", out, err)
	}
	b.ReportMetric(each, "ns/op")
	b.ReportMetric(gaveUp/10, "%-given-up")
}
