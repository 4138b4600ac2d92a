package match

import (
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// routeTable is a table of testdata/routes, whose README gives the format.
type routeTable struct {
	name     string // where it stands, and what it is called
	patterns []Pattern
	requests []routeRequest
}

type routeRequest struct {
	at     string
	in     Input
	answer int // by the table's author; unsaid: whatever regexp says
}

const unsaid = -2

// readRouteTables returns all tables of testdata/routes, by file.
func readRouteTables(t testing.TB) (files [][]routeTable) {
	t.Helper()
	paths, err := filepath.Glob("testdata/routes/*.tables")
	if err != nil || len(paths) == 0 {
		t.Fatalf("no route tables: %v", err)
	}
	for _, path := range paths {
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		tables, err := parseRouteTables(filepath.Base(path), string(text))
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, tables)
	}
	return files
}

func parseRouteTables(file, text string) (tables []routeTable, err error) {
	requests := false // past a table's "--"
	for i, line := range strings.Split(text, "\n") {
		at := fmt.Sprintf("%s:%d", file, i+1)
		words := strings.Fields(line)
		switch {
		case len(words) == 0 || words[0][0] == '#':
		case words[0] == "==":
			if len(words) < 2 {
				return nil, fmt.Errorf(`%s: expected a name behind "=="`, at)
			}
			tables = append(tables, routeTable{name: at + ": " + strings.Join(words[1:], " ")})
			requests = false
		case len(tables) == 0:
			return nil, fmt.Errorf(`%s: expected "== name" before the first rule`, at)
		case line == "--" && requests:
			return nil, fmt.Errorf(`%s: a second "--" in one table`, at)
		case line == "--":
			requests = true
		case requests:
			r, err := parseRouteRequest(words)
			if err != nil {
				return nil, fmt.Errorf("%s: %w", at, err)
			}
			r.at = at
			last := &tables[len(tables)-1]
			last.requests = append(last.requests, r)
		default:
			p, err := parseRouteRule(words)
			if err != nil {
				return nil, fmt.Errorf("%s: %w", at, err)
			}
			last := &tables[len(tables)-1]
			last.patterns = append(last.patterns, p)
		}
	}
	for i := range tables {
		tables[i].patterns = defaultsLast(tables[i].patterns)
	}
	return tables, nil
}

// defaultsLast is the order in which a service tries its rules.
func defaultsLast(patterns []Pattern) []Pattern {
	isDefault := func(p Pattern) bool {
		return p.Default() && p.Host == "" && p.Method == "" && p.Source == netip.Prefix{} && len(p.Headers)+len(p.Cookies)+len(p.Queries) == 0
	}
	slices.SortStableFunc(patterns, func(a, b Pattern) int {
		switch {
		case isDefault(a) == isDefault(b):
			return 0
		case isDefault(b):
			return -1
		}
		return 1
	})
	return patterns
}

// parseRouteRule reads an expression and the conditions behind it.
func parseRouteRule(words []string) (p Pattern, err error) {
	p.Expr = words[0]
	for _, word := range words[1:] {
		key, value, _ := strings.Cut(word, "=")
		kind, name, _ := strings.Cut(key, ":")
		switch kind {
		case "host":
			p.Host = value
		case "method":
			p.Method = value
		case "source":
			if p.Source, err = netip.ParsePrefix(value); err != nil {
				return p, err
			}
		case "header":
			p.Headers = append(p.Headers, NamedExpr{name, value})
		case "cookie":
			p.Cookies = append(p.Cookies, NamedExpr{name, value})
		case "query":
			p.Queries = append(p.Queries, NamedExpr{name, value})
		default:
			return p, fmt.Errorf("%q: expected host=, method=, source=, header:NAME=, cookie:NAME= or query:NAME=", word)
		}
	}
	return p, nil
}

// parseRouteRequest reads a URI and what else the request shows.
func parseRouteRequest(words []string) (r routeRequest, err error) {
	r.answer = unsaid
	var fields fieldList
	for i, word := range words {
		if word, err = unescapeRoute(word); err != nil {
			return r, err
		}
		if i == 0 {
			r.in.URI = []byte(word)
			continue
		}
		key, value, _ := strings.Cut(word, "=")
		kind, name, _ := strings.Cut(key, ":")
		switch kind {
		case "host":
			r.in.Host = []byte(value)
		case "method":
			r.in.Method = []byte(value)
		case "source":
			r.in.Source, err = netip.ParseAddr(value)
		case "header":
			fields = append(fields, [2]string{name, value})
		case "cookie":
			fields = append(fields, [2]string{"Cookie", name + "=" + value})
		case "rule":
			r.answer, err = strconv.Atoi(value)
		default:
			err = fmt.Errorf("%q: expected host=, method=, source=, header:NAME=, cookie:NAME= or rule=", word)
		}
		if err != nil {
			return r, err
		}
	}
	if fields != nil {
		r.in.Fields = fields
	}
	return r, nil
}

// unescapeRoute puts in the bytes that \xNN, \\ and \N(text) stand for.
func unescapeRoute(text string) (string, error) {
	var b strings.Builder
	for text != "" {
		before, behind, found := strings.Cut(text, `\`)
		b.WriteString(before)
		if !found {
			break
		}
		count, rest, repeat := strings.Cut(behind, "(")
		n, notNumber := strconv.Atoi(count)
		again, after, closed := strings.Cut(rest, ")")
		switch {
		case strings.HasPrefix(behind, `\`):
			b.WriteByte('\\')
			text = behind[1:]
		case len(behind) >= 3 && behind[0] == 'x':
			c, err := strconv.ParseUint(behind[1:3], 16, 8)
			if err != nil {
				return "", fmt.Errorf(`\%.3s: expected two hexadecimal digits behind \x`, behind)
			}
			b.WriteByte(byte(c))
			text = behind[3:]
		case repeat && closed && notNumber == nil && n >= 0 && n*len(again) <= 8192:
			piece, err := unescapeRoute(again)
			if err != nil {
				return "", err
			}
			b.WriteString(strings.Repeat(piece, n))
			text = after
		default:
			return "", fmt.Errorf(`\%.20s: expected \xNN, \\ or \N(text) of at most 8192 bytes`, behind)
		}
	}
	return b.String(), nil
}

func TestRouteTablesAreReadAsWritten(t *testing.T) {
	tables, err := parseRouteTables("f", "# two rules, and one that every URI matches\n== a shop\n.*\n^/a method=GET host=^b$\n^/c header:X=1 cookie:d=2 query:e= source=10.0.0.0/8\n"+
		"--\n/\\x41\\3(../)\\\\ method=GET host=b rule=0\n\\0() header:X=1 cookie:d=2 source=10.1.1.1\n== another\n--\n")
	if err != nil || len(tables) != 2 || len(tables[0].patterns) != 3 || len(tables[0].requests) != 2 {
		t.Fatalf("%+v, %v", tables, err)
	}
	if got := fmt.Sprintf("%+v", tables[0].patterns); got != "[{Expr:^/a Path: Prefix: IgnoreCase:false Host:^b$ Method:GET Headers:[] Cookies:[] Queries:[] Source:invalid Prefix} "+
		"{Expr:^/c Path: Prefix: IgnoreCase:false Host: Method: Headers:[{Name:X Expr:1}] Cookies:[{Name:d Expr:2}] Queries:[{Name:e Expr:}] Source:10.0.0.0/8} "+
		"{Expr:.* Path: Prefix: IgnoreCase:false Host: Method: Headers:[] Cookies:[] Queries:[] Source:invalid Prefix}]" {
		t.Error(got)
	}
	first, second := tables[0].requests[0], tables[0].requests[1]
	if string(first.in.URI) != `/A../../../\` || string(first.in.Host) != "b" || first.answer != 0 || first.at != "f:7" {
		t.Errorf("%+v", first)
	}
	if len(second.in.URI) != 0 || second.answer != unsaid || fmt.Sprint(second.in.Fields) != "[[X 1] [Cookie d=2]]" || second.in.Source.String() != "10.1.1.1" {
		t.Errorf("%+v", second)
	}
}

func TestAWrongRouteTableIsRefusedWithTheLine(t *testing.T) {
	for text, want := range map[string]string{
		"\n/a":                   `f:2: expected "== name" before the first rule`,
		"==":                     `f:1: expected a name behind "=="`,
		"== a\n--\n--":           `f:3: a second "--" in one table`,
		"== a\n^/x path=1":       `f:2: "path=1": expected host=`,
		"== a\n^/x source=1.2":   `f:2: netip.ParsePrefix`,
		"== a\n--\n/ query:a=1":  `f:3: "query:a=1": expected host=`,
		"== a\n--\n/\\xg0":       `f:3: \xg0: expected two hexadecimal digits`,
		"== a\n--\n/\\9999(ab)c": `f:3: \9999(ab)c: expected \xNN, \\ or \N(text)`,
		"== a\n--\n/ rule=x":     `f:3: strconv.Atoi`,
	} {
		if _, err := parseRouteTables("f", text); err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%q: %v, want %s", text, err, want)
		}
	}
}
