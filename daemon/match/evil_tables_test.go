package match

import (
	"fmt"
	"strings"
)

// evilTable is a table that was made to be dear, or an ordinary one of the same
// size, and a URI to begin a search for its dearest with.
type evilTable struct {
	name     string
	patterns []Pattern
	uri      string
	marked   bool // Worst says that it may cost more than it should
}

func (t evilTable) title() string { return fmt.Sprintf("%s, %d rules", t.name, len(t.patterns)) }

// evilTables are of n rules each.
func evilTables(n int) []evilTable {
	table := func(name, uri string, rule func(i int) Pattern) evilTable {
		t := evilTable{name: name, uri: uri}
		for i := range n {
			t.patterns = append(t.patterns, rule(i))
		}
		return t
	}
	expr := func(form string) func(i int) Pattern {
		return func(i int) Pattern { return Pattern{Expr: strings.ReplaceAll(form, "N", fmt.Sprint(i))} }
	}
	all := func(form string) string { // as many as half a URI takes, and something to go on with
		var b strings.Builder
		for i := 0; i < n && b.Len() < 4096; i++ {
			b.WriteString(strings.ReplaceAll(form, "N", fmt.Sprint(i)))
		}
		return b.String()
	}
	mixed, _ := mixedTable(n)
	gaps := table("gaps between single letters", strings.Repeat("abcdefghijklmnopqrstuvwxyz", 300), func(i int) Pattern {
		return Pattern{Expr: fmt.Sprintf("%c.*%c%c.*%d", 'a'+i%26, 'a'+i/26%26, 'a'+i/676%26, i)}
	})
	gaps.marked = n == 100 || n == 1000
	ordinary := evilTable{name: "ordinary", patterns: mixed, uri: all("/users/1/ordersN/api/v1/resN/11/")}
	ends := table("loops up to the end", all("/rN/")+strings.Repeat("z1", 2048), expr("/rN/.*zN$"))
	named := table("hosts and headers", all("/rN/")+strings.Repeat("z1", 2048), func(i int) Pattern {
		p := expr("/rN/.*z[0-9]*y")(i)
		p.Host, p.Headers = "^[a-z]*h", []NamedExpr{{"X", fmt.Sprintf("v%d", i)}}
		return p
	})
	named.marked = n >= 1000
	inner := table("loops in loops", all("/sN/")+strings.Repeat("x1", 2048), expr("/sN/([a-z]+/)*(x|y)[0-9]+-N$"))
	inner.marked = n >= 1000
	counted := table("counted after each", all("zN")+strings.Repeat("abc", 34), expr("zN.{1,250}(a|b|c){100}"))
	counted.patterns, counted.marked = counted.patterns[:min(n, 100)], true
	begins := table("begins", all("/appN"), expr("^/appN/.*"))
	endings := table("ends", all(".exN"), expr(`\.exN$`))
	// Of everything something, none of it counted.
	mixture := evilTable{name: "mixture", uri: all("/rN/z1aNb"), marked: n >= 1000}
	for i := range n {
		each := []evilTable{ordinary, ends, begins, endings, gaps}
		mixture.patterns = append(mixture.patterns, each[i%len(each)].patterns[i])
	}
	return []evilTable{
		ordinary, ends, gaps, inner, counted, begins, endings, mixture,
		table("loops up to a slash", all("aNb")+strings.Repeat("z1", 2048), expr("aNb[^/]*zN")),
		table("loops of a letter", "/"+strings.Repeat("a", 8191), expr("^/(a|xN)+yN$")),
		named,
	}
}

// deepTables are of a rule or two each, whose repeats are many.
func deepTables() []evilTable {
	table := func(name, uri string, exprs ...string) evilTable {
		t := evilTable{name: name, uri: uri}
		for _, e := range exprs {
			t.patterns = append(t.patterns, Pattern{Expr: e})
		}
		return t
	}
	twice := table("counted twice", strings.Repeat("xa", 4096), "(x[a-z]{0,200}y){1,5}z")
	twice.marked = true
	many := table("counted by many", strings.Repeat("xa", 4096), "x.{1,250}y", "a.{1,250}b", "xa[^/]{3,200}c")
	many.marked = true
	return []evilTable{
		table("counted", strings.Repeat("x", 8192), "x.{1,250}y"),
		many,
		table("optional", strings.Repeat("a", 8192), strings.Repeat("a?", 60)+strings.Repeat("a", 60)+"b"),
		table("last but eighteen", strings.Repeat("ab", 4096), "[ab]*a[ab]{18}c"),
		twice,
	}
}
