package house

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strconv"
	"strings"
)

// module is the path in go.mod.
const module = "ktcpvs"

// file is one Go file of the tree.
type file struct {
	path   string // from the root, with slashes
	source []byte
	syntax *ast.File
	fset   *token.FileSet
}

// dir is the package's directory from the root.
func (f *file) dir() string { return path.Dir(f.path) }

func (f *file) isTest() bool { return strings.HasSuffix(f.path, "_test.go") }

// at is where a node stands, for a complaint.
func (f *file) at(node ast.Node) string {
	return f.path + ":" + strconv.Itoa(f.fset.Position(node.Pos()).Line)
}

// imports are the file's import paths.
func (f *file) imports() []string {
	var paths []string
	for _, spec := range f.syntax.Imports {
		// The parser has taken it as a string literal already.
		p, _ := strconv.Unquote(spec.Path.Value)
		paths = append(paths, p)
	}
	return paths
}

// room is the directory of a package of this module, "" for another's.
func room(importPath string) string {
	dir, found := strings.CutPrefix(importPath, module+"/")
	if !found {
		return ""
	}
	return dir
}

// goFiles reads every Go file under root but those in testdata and in hidden
// directories.
func goFiles(root string) ([]*file, error) {
	var files []*file
	fset := token.NewFileSet()
	err := filepath.WalkDir(root, func(name string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if entry.IsDir() {
			hidden := strings.HasPrefix(entry.Name(), ".") && name != root
			if hidden || entry.Name() == "testdata" {
				return filepath.SkipDir
			}
			return nil
		}
		if filepath.Ext(name) != ".go" {
			return nil
		}
		source, err := os.ReadFile(name)
		if err != nil {
			return err
		}
		from, err := filepath.Rel(root, name)
		if err != nil {
			return err
		}
		from = filepath.ToSlash(from)
		syntax, err := parser.ParseFile(fset, from, source, parser.ParseComments|parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		files = append(files, &file{path: from, source: source, syntax: syntax, fset: fset})
		return nil
	})
	return files, err
}
