package house

import (
	"go/ast"
	"strings"
	"testing"
)

func TestTestsSkipOnlyForWhatTheMachineLacks(t *testing.T) {
	eachFile(t, func(t *testing.T, f *file) {
		if f.dir() == "tests/require" {
			return
		}
		for _, call := range skips(f.syntax) {
			t.Errorf("%s: a test skips by itself, expected a call of tests/require", f.at(call))
		}
		ast.Inspect(f.syntax, func(node ast.Node) bool {
			if s, ok := node.(*ast.BasicLit); ok && s.Value == `"KTCPVS_`+`REQUIRE"` {
				t.Errorf("%s: asks by itself what is required, expected a call of tests/require", f.at(s))
			}
			return true
		})
	})
}

// skips are the calls of Skip, Skipf and SkipNow on what a function was given
// as the running test.
func skips(syntax *ast.File) []*ast.CallExpr {
	tests := map[string]bool{}
	ast.Inspect(syntax, func(node ast.Node) bool {
		if function, ok := node.(*ast.FuncType); ok {
			for _, parameter := range function.Params.List {
				if isRunningTest(parameter.Type) {
					for _, name := range parameter.Names {
						tests[name.Name] = true
					}
				}
			}
		}
		return true
	})
	var calls []*ast.CallExpr
	ast.Inspect(syntax, func(node ast.Node) bool {
		call, ok := node.(*ast.CallExpr)
		if !ok {
			return true
		}
		selector, ok := call.Fun.(*ast.SelectorExpr)
		if !ok || !strings.HasPrefix(selector.Sel.Name, "Skip") {
			return true
		}
		if receiver, ok := selector.X.(*ast.Ident); ok && tests[receiver.Name] {
			calls = append(calls, call)
		}
		return true
	})
	return calls
}

// isRunningTest tells whether a type is one of package testing's that can skip.
func isRunningTest(expr ast.Expr) bool {
	if star, ok := expr.(*ast.StarExpr); ok {
		expr = star.X
	}
	selector, ok := expr.(*ast.SelectorExpr)
	if !ok {
		return false
	}
	pkg, ok := selector.X.(*ast.Ident)
	if !ok || pkg.Name != "testing" {
		return false
	}
	switch selector.Sel.Name {
	case "T", "B", "F", "TB":
		return true
	}
	return false
}
