package match

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// readRoutes returns the rules of a table in testdata.
func readRoutes(t testing.TB, path string) (patterns []Pattern) {
	for _, line := range readLines(t, path) {
		patterns = append(patterns, Pattern{Expr: line})
	}
	return patterns
}

func readLines(t testing.TB, path string) (lines []string) {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for _, line := range strings.Split(string(text), "\n") {
		if line != "" && !strings.HasPrefix(line, "#") {
			lines = append(lines, line)
		}
	}
	return lines
}

func routeTables(t testing.TB) []string {
	t.Helper()
	tables, err := filepath.Glob("testdata/routes/*.routes")
	if err != nil || len(tables) == 0 {
		t.Fatalf("no route tables: %v", err)
	}
	return tables
}

// hostileURIs are what scanners and broken clients send.
func hostileURIs() []string {
	return []string{
		"", "*", "?", "#", "//", "/..//..//..//etc/passwd", "/%2e%2e/%2e%2e/", "/\x00", "/a\x00b.php",
		"/\n", "\n/\n", "/x\n/index.html", "/index.html\n", "/\r\n", "/\xff\xfe", "/\xc3", "/\xe2\x82", "/\xe2\x82\xac",
		"/\xed\xa0\x80", "/\xf0\x9f\x98\x80", "/wiki/\xc3\x84pfel", "/\ufffd", "/" + strings.Repeat("a", 750),
		strings.Repeat("/", 375), "/?" + strings.Repeat("a=b&", 100), "/" + strings.Repeat("../", 100),
		"/api/v3/users/" + strings.Repeat("9", 250) + "/orders", strings.Repeat("/users/1/orders", 60),
		"/c/" + strings.Repeat("-page=1&sort=", 60), strings.Repeat(".jpg", 62) + "x", strings.Repeat("\xff", 125),
		"/wp-content/uploads/2024/07/" + strings.Repeat("-1x1", 62), "http://example.com/index.html", "example.com:443",
	}
}

func TestRealTablesAnswerAsTheirAuthorsMeant(t *testing.T) {
	for _, path := range routeTables(t) {
		set := mustCompile(t, readRoutes(t, path))
		for _, line := range readLines(t, strings.TrimSuffix(path, "routes")+"uris") {
			var want int
			number, uri, _ := strings.Cut(line, " ")
			if _, err := fmt.Sscan(number, &want); err != nil {
				t.Fatal(err)
			}
			if got := set.Match(&Input{URI: []byte(uri)}); got != want {
				t.Errorf("%s: %s: rule %d, want %d", path, uri, got, want)
			}
		}
	}
}

func TestRealTablesMatchAsOneByOne(t *testing.T) {
	var tables [][]Pattern
	var all []Pattern
	var uris []string
	for _, path := range routeTables(t) {
		tables = append(tables, readRoutes(t, path))
		all = append(all, tables[len(tables)-1]...)
		for _, line := range readLines(t, strings.TrimSuffix(path, "routes")+"uris") {
			_, uri, _ := strings.Cut(line, " ")
			uris = append(uris, uri)
		}
	}
	hostile := hostileURIs()
	for _, table := range tables {
		compareWithReference(t, table, hostile)
	}
	compareWithReference(t, all, slices.Concat(uris, hostile, mutated(uris, 800)))
}

func compareWithReference(t *testing.T, patterns []Pattern, uris []string) {
	t.Helper()
	want, err := newReference(patterns)
	if err != nil {
		t.Fatal(err)
	}
	set := mustCompile(t, patterns)
	for _, uri := range uris {
		in := &Input{URI: []byte(uri)}
		if got, want := set.Match(in), want.Match(in); got != want {
			t.Errorf("%s and others: %.200q: rule %d, want %d", patterns[0].Expr, uri, got, want)
		}
	}
}

// mutated returns n URIs made of pieces of others.
func mutated(uris []string, n int) []string {
	r := rand.New(rand.NewPCG(3, 4))
	pick := func() string { return uris[r.IntN(len(uris))] }
	made := make([]string, n)
	for i := range made {
		a, b := pick(), pick()
		switch r.IntN(4) {
		case 0:
			a = a[:r.IntN(len(a)+1)] + b[r.IntN(len(b)+1):]
		case 1:
			a += b
		case 2:
			at := r.IntN(len(a) + 1)
			a = a[:at] + string([]byte{"/?&=.-0aZ\n\xff\xc3 %"[r.IntN(14)]}) + a[at:]
		default:
			a = strings.ReplaceAll(a, string(a[r.IntN(len(a))]), b[:r.IntN(len(b)+1)])
		}
		made[i] = a
	}
	return made
}
