package house

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"strings"
	"testing"
	"time"
)

// justified is the comment, on a line or right above it, that says why a test may
// look at the clock there.
const justified = "// clock:"

// ofPrograms are the directories whose code that is no test may wait in its own way.
var ofPrograms = []string{"tests/wait", "tests/steady", "tests/load/"}

// A test that is right on this machine must be right on a busy one. It sleeps, is
// late and has its deadlines by tests/wait, and compares times by tests/steady.
func TestTestsDependOnNoClock(t *testing.T) {
	eachFile(t, func(t *testing.T, f *file) {
		if !f.isTest() && !strings.HasPrefix(f.path, "tests/") || f.dir() == "tests/wait" {
			return
		}
		for _, program := range ofPrograms {
			if !f.isTest() && strings.HasPrefix(f.path, program) {
				return
			}
		}
		for _, found := range clocks(f.syntax) {
			if !f.justifies(found.node) {
				t.Errorf("%s: %s, or a line %q that says why not", f.at(found.node), found.why, justified+" REASON")
			}
		}
	})
}

// justifies tells whether a comment on the node's first line or the one above
// justifies it.
func (f *file) justifies(node ast.Node) bool {
	line := f.fset.Position(node.Pos()).Line
	for _, group := range f.syntax.Comments {
		for _, comment := range group.List {
			at := f.fset.Position(comment.Pos()).Line
			if strings.HasPrefix(comment.Text, justified) && (at == line || at == line-1) {
				return true
			}
		}
	}
	return false
}

// finding is a place that depends on a clock.
type finding struct {
	node ast.Node
	why  string
}

const shortest = time.Minute // of a deadline that only ends a hang

// clocks finds sleeps, comparisons of times that have passed, and short deadlines.
// In a bubble of testing/synctest times are exact, and whoever is in one is let be.
func clocks(syntax *ast.File) (list []finding) {
	for _, d := range syntax.Decls {
		function, ok := d.(*ast.FuncDecl)
		if !ok || function.Body == nil || simulated(syntax) {
			continue
		}
		spans := passed(function.Body)
		ast.Inspect(function.Body, func(node ast.Node) bool {
			switch n := node.(type) {
			case *ast.CallExpr:
				switch name := called(n); {
				case name == "time.Sleep":
					list = append(list, finding{n, "a test sleeps: expected wait.Until, wait.Gap or wait.Pass"})
				case (name == "time.After" || name == "time.NewTimer") && short(n.Args, 0), name == "context.WithTimeout" && short(n.Args, 1),
					strings.HasSuffix(name, "Deadline") && deadline(n):
					list = append(list, finding{n, "a deadline of less than a minute: expected wait.For or wait.End"})
				}
			case *ast.BinaryExpr:
				if (n.Op == token.GTR || n.Op == token.GEQ) && span(n.X, spans) || (n.Op == token.LSS || n.Op == token.LEQ) && span(n.Y, spans) {
					list = append(list, finding{n, "a bound of the time that has passed: expected tests/steady"})
				}
			}
			return true
		})
	}
	return list
}

// simulated tells whether a file's tests are in a bubble.
func simulated(syntax *ast.File) bool {
	for _, spec := range syntax.Imports {
		if spec.Path.Value == `"testing/synctest"` {
			return true
		}
	}
	return false
}

// called is the name of what a call calls, as pkg.Name or x.Method.
func called(call *ast.CallExpr) string {
	selector, ok := call.Fun.(*ast.SelectorExpr)
	if !ok {
		return ""
	}
	if x, ok := selector.X.(*ast.Ident); ok {
		return x.Name + "." + selector.Sel.Name
	}
	return "." + selector.Sel.Name
}

// passed are the variables that hold how long something took.
func passed(body *ast.BlockStmt) map[string]bool {
	names := map[string]bool{}
	ast.Inspect(body, func(node ast.Node) bool {
		if assign, ok := node.(*ast.AssignStmt); ok && len(assign.Lhs) == len(assign.Rhs) {
			for i, value := range assign.Rhs {
				if name, ok := assign.Lhs[i].(*ast.Ident); ok && span(value, nil) {
					names[name.Name] = true
				}
			}
		}
		return true
	})
	return names
}

// span tells whether an expression is how long something took.
func span(expr ast.Expr, names map[string]bool) bool {
	switch e := expr.(type) {
	case *ast.Ident:
		return names[e.Name]
	case *ast.CallExpr:
		return called(e) == "time.Since"
	}
	return false
}

// short tells whether an argument is a time of less than a minute.
func short(args []ast.Expr, i int) bool {
	if i >= len(args) {
		return false
	}
	d, known := duration(args[i])
	return known && d < shortest
}

// deadline tells whether a deadline is set to a short time from now.
func deadline(call *ast.CallExpr) bool {
	if len(call.Args) != 1 {
		return false
	}
	add, ok := call.Args[0].(*ast.CallExpr)
	return ok && called(add) == ".Add" && short(add.Args, 0)
}

// duration is the value of a literal time, such as 3*time.Second.
func duration(expr ast.Expr) (time.Duration, bool) {
	units := map[string]time.Duration{"Nanosecond": 1, "Microsecond": time.Microsecond, "Millisecond": time.Millisecond, "Second": time.Second, "Minute": time.Minute, "Hour": time.Hour}
	switch e := expr.(type) {
	case *ast.SelectorExpr:
		d, ok := units[e.Sel.Name]
		return d, ok
	case *ast.BasicLit:
		var n int64
		_, err := fmt.Sscan(e.Value, &n)
		return time.Duration(n), err == nil
	case *ast.BinaryExpr:
		x, known := duration(e.X)
		y, also := duration(e.Y)
		return x * y, known && also && e.Op == token.MUL
	}
	return 0, false
}

func TestClocksAreFoundInTests(t *testing.T) {
	const source = `package p
import "time"
func TestA(t *testing.T) {
	time.Sleep(time.Second)
	c.SetReadDeadline(time.Now().Add(5 * time.Second))
	c.SetDeadline(time.Now().Add(5 * time.Minute))
	ctx, end := context.WithTimeout(ctx, 30*time.Second)
	<-time.After(10 * time.Second)
	took := time.Since(began)
	if took > time.Second || took < time.Minute || 5 < 6 {
	}
	if time.Since(began) >= limit {
	}
}`
	syntax, err := parser.ParseFile(token.NewFileSet(), "p_test.go", source, 0)
	if err != nil {
		t.Fatal(err)
	}
	if found := clocks(syntax); len(found) != 6 {
		t.Errorf("%d places found, want 6: %+v", len(found), found)
	}
}
