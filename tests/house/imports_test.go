package house

import (
	"go/ast"
	"strings"
	"sync"
	"testing"
)

// root is the top of the source tree.
const root = "../.."

var tree = sync.OnceValues(func() ([]*file, error) { return goFiles(root) })

// eachFile calls check for every Go file of the tree.
func eachFile(t *testing.T, check func(*testing.T, *file)) {
	t.Helper()
	files, err := tree()
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		check(t, f)
	}
}

func TestRoomsImportOnlyWhatIsLeftOfThem(t *testing.T) {
	eachFile(t, func(t *testing.T, f *file) {
		l, known := layerOf(f.dir())
		if !known {
			t.Errorf("%s: no line in rooms.go says what %s may import", f.path, f.dir())
			return
		}
		for _, path := range f.imports() {
			dir := room(path)
			if dir == "" {
				continue
			}
			if mainsAlone[dir] && f.dir() != "daemon/ktcpvsd" && f.dir() != dir {
				t.Errorf("%s imports %s, which only the daemon's main may", f.path, dir)
			}
			if !f.isTest() && !l.allows(dir) {
				t.Errorf("%s imports %s, expected none but %v", f.path, dir, l.rooms)
			}
		}
	})
}

func TestEveryRoomIsThere(t *testing.T) {
	there := map[string]bool{}
	eachFile(t, func(_ *testing.T, f *file) { there[f.dir()] = true })
	for dir := range layers {
		if !there[dir] {
			t.Errorf("rooms.go speaks of %s, where no Go file is", dir)
		}
	}
}

func TestPurePackagesDoNoInputOrOutput(t *testing.T) {
	eachFile(t, func(t *testing.T, f *file) {
		if f.isTest() || !layers[f.dir()].pure {
			return
		}
		for _, path := range f.imports() {
			if impure(f.dir(), path) {
				t.Errorf("%s imports %s, but %s is pure", f.path, path, f.dir())
			}
		}
	})
}

// impure tells whether a pure package may not import path.
func impure(dir, path string) bool {
	switch path {
	case "net/netip":
		return false
	case "golang.org/x/sys/unix":
		return dir != "proto" // its errno constants are the family's answers
	}
	for _, tree := range []string{"net", "os", "syscall", "log", "io/ioutil", "runtime", "plugin", "golang.org/x/sys"} {
		if path == tree || strings.HasPrefix(path, tree+"/") {
			return true
		}
	}
	return false
}

func TestPurePackagesHaveNoClockAndNoGoroutine(t *testing.T) {
	clock := map[string]bool{
		"Now": true, "Since": true, "Until": true, "Sleep": true, "After": true, "AfterFunc": true,
		"Tick": true, "NewTimer": true, "NewTicker": true,
	}
	eachFile(t, func(t *testing.T, f *file) {
		if f.isTest() || !layers[f.dir()].pure {
			return
		}
		ast.Inspect(f.syntax, func(node ast.Node) bool {
			switch n := node.(type) {
			case *ast.GoStmt:
				t.Errorf("%s: a goroutine in a pure package", f.at(n))
			case *ast.SelectorExpr:
				if pkg, ok := n.X.(*ast.Ident); ok && pkg.Name == "time" && clock[n.Sel.Name] {
					t.Errorf("%s: time.%s in a pure package: times are arguments", f.at(n), n.Sel.Name)
				}
			}
			return true
		})
	})
}

func TestNothingUsesCgo(t *testing.T) {
	eachFile(t, func(t *testing.T, f *file) {
		for _, path := range f.imports() {
			if path == "C" {
				t.Errorf("%s imports C", f.path)
			}
		}
	})
}
