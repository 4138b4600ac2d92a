package house

import (
	"bytes"
	"go/ast"
	"go/format"
	"os"
	"path"
	"slices"
	"strings"
	"testing"
)

// maxLines is the length of a file that has got too much to do.
const maxLines = 400

func TestFilesAreShort(t *testing.T) {
	eachFile(t, func(t *testing.T, f *file) {
		if lines := bytes.Count(f.source, []byte("\n")); lines > maxLines && !ast.IsGenerated(f.syntax) {
			t.Errorf("%s has %d lines, expected %d at most", f.path, lines, maxLines)
		}
	})
}

func TestFilesAreFormatted(t *testing.T) {
	eachFile(t, func(t *testing.T, f *file) {
		formatted, err := format.Source(f.source)
		if err != nil {
			t.Errorf("%s: %v", f.path, err)
		} else if !bytes.Equal(formatted, f.source) {
			t.Errorf("%s is not as gofmt would have it", f.path)
		}
	})
}

func TestOnePackageIsDescribedOnce(t *testing.T) {
	type package_ struct {
		name         string
		files, tests []*file
	}
	packages := map[string]*package_{}
	eachFile(t, func(_ *testing.T, f *file) {
		p := packages[f.dir()]
		if p == nil {
			p = &package_{}
			packages[f.dir()] = p
		}
		switch name := f.syntax.Name.Name; {
		case !f.isTest():
			p.name = name
			p.files = append(p.files, f)
		case !strings.HasSuffix(name, "_test"):
			p.tests = append(p.tests, f)
		case f.syntax.Doc != nil:
			t.Errorf("%s describes a package of tests, whose package is described already", f.path)
		}
	})
	for dir, p := range packages {
		if len(p.files) == 0 {
			p.files = p.tests
		} else {
			for _, f := range p.tests {
				if f.syntax.Doc != nil {
					t.Errorf("%s describes the package: a test file may not", f.path)
				}
			}
		}
		var described []string
		for _, f := range p.files {
			if f.syntax.Doc == nil {
				continue
			}
			described = append(described, f.path)
			if text := f.syntax.Doc.Text(); !opens(text, p.name, path.Base(dir)) {
				t.Errorf("%s: the description begins with %.20q, expected to name the package", f.path, text)
			}
		}
		if len(described) != 1 {
			t.Errorf("%s is described in %d files %v, expected 1", dir, len(described), described)
		}
	}
}

// opens tells whether a description begins as Go's tools expect: with the name
// of the package; for a command, with that of the program.
func opens(text, pkg, dir string) bool {
	if pkg != "main" {
		return strings.HasPrefix(text, "Package "+pkg+" ")
	}
	program, _, _ := strings.Cut(strings.TrimPrefix(text, "Command "), " ")
	return strings.EqualFold(program, dir)
}

func TestTheTopOfTheTreeHoldsOnlyWhatBelongsThere(t *testing.T) {
	allowed := []string{
		"daemon", "tcpvsadm", "fuse", "proto", "scripts", "tests",
		"go.mod", "go.sum", "Makefile",
		"README.md", "CONTRIBUTING.md", "SECURITY.md", "CHANGELOG.md", "LICENSE",
		"bin", // what make builds; git does not keep it
	}
	entries, err := os.ReadDir(root)
	if err != nil {
		t.Fatal(err)
	}
	for _, entry := range entries {
		if name := entry.Name(); !strings.HasPrefix(name, ".") && !slices.Contains(allowed, name) {
			t.Errorf("%s stands at the top of the tree, expected none but %v", name, allowed)
		}
	}
}
