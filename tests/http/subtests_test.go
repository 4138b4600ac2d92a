package http

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// subtests are the tests of a package, and the names that each gives to its
// subtests.
type subtests map[string]map[string]bool

// testsOf reads them from the source: a subtest is a row of a table, its name
// what the row begins with. The table stands in the test or is a variable of
// the package that the test uses.
func testsOf(t *testing.T, folder string) subtests {
	t.Helper()
	paths, err := filepath.Glob(filepath.Join(folder, "*_test.go"))
	if err != nil || len(paths) == 0 {
		t.Fatalf("no tests in %s", folder)
	}
	var sources []string
	for _, path := range paths {
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		sources = append(sources, string(text))
	}
	tests, err := readTests(sources)
	if err != nil {
		t.Fatalf("%s: %v", folder, err)
	}
	return tests
}

func readTests(sources []string) (subtests, error) {
	var functions []*ast.FuncDecl
	tables := map[string]ast.Expr{} // by variable of the package
	for _, source := range sources {
		file, err := parser.ParseFile(token.NewFileSet(), "", source, parser.SkipObjectResolution)
		if err != nil {
			return nil, err
		}
		for _, d := range file.Decls {
			switch d := d.(type) {
			case *ast.FuncDecl:
				functions = append(functions, d)
			case *ast.GenDecl:
				for _, s := range d.Specs {
					if v, ok := s.(*ast.ValueSpec); ok && len(v.Values) == len(v.Names) {
						for i, name := range v.Names {
							tables[name.Name] = v.Values[i]
						}
					}
				}
			}
		}
	}
	tests := subtests{}
	for _, f := range functions {
		if !strings.HasPrefix(f.Name.Name, "Test") {
			continue
		}
		names := map[string]bool{}
		tests[f.Name.Name] = names
		ast.Inspect(f.Body, func(n ast.Node) bool {
			if used, ok := n.(*ast.Ident); ok && tables[used.Name] != nil {
				addRows(names, tables[used.Name])
			}
			return true
		})
		addRows(names, f.Body)
	}
	return tests, nil
}

// addRows notes the strings that rows of tables begin with.
func addRows(names map[string]bool, tables ast.Node) {
	ast.Inspect(tables, func(n ast.Node) bool {
		row, ok := n.(*ast.CompositeLit)
		if !ok || row.Type != nil || len(row.Elts) == 0 {
			return true
		}
		if first, ok := row.Elts[0].(*ast.BasicLit); ok && first.Kind == token.STRING {
			if name, err := strconv.Unquote(first.Value); err == nil {
				names[name] = true
			}
		}
		return true
	})
}

func TestASubtestIsOfTheTestWhoseTableHasIt(t *testing.T) {
	tests, err := readTests([]string{`package p
var shared = []row{{"in shared", "not a name"}}
func TestOwn(t *testing.T) { for _, c := range []row{{"in own", f("not a name")}} { t.Run(c.name, nil) } }`, `package p
func TestShared(t *testing.T) { for _, c := range shared { t.Run(c.name, nil) } }`})
	if err != nil {
		t.Fatal(err)
	}
	packages := map[string]subtests{"p": tests}
	for ref, want := range map[string]string{
		"p.TestOwn":              "",
		"p.TestOwn/in own":       "",
		"p.TestShared/in shared": "",
		"p.TestOwn/in shared":    "no subtest p.TestOwn/in shared",
		"p.TestShared/in own":    "no subtest p.TestShared/in own",
		"p.TestOwn/not a name":   "no subtest p.TestOwn/not a name",
		"p.shared":               "no test p.shared",
		"q.TestOwn":              "no test q.TestOwn",
	} {
		if got := missing(packages, ref); got != want {
			t.Errorf("%s: %q, want %q", ref, got, want)
		}
	}
}
