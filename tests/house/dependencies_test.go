package house

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// requirements are the modules of go.mod, and whether each is marked as one
// that no file of the tree imports.
func requirements(t *testing.T) map[string]bool {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(root, "go.mod"))
	if err != nil {
		t.Fatal(err)
	}
	indirect := map[string]bool{}
	for line := range strings.Lines(string(text)) {
		line, comment, _ := strings.Cut(strings.TrimPrefix(strings.TrimSpace(line), "require "), "//")
		fields := strings.Fields(line)
		if len(fields) == 2 && strings.HasPrefix(fields[1], "v") {
			indirect[fields[0]] = strings.TrimSpace(comment) == "indirect"
		}
	}
	return indirect
}

// imported are the modules of go.mod that some file of the tree imports.
func imported(t *testing.T, requirements map[string]bool) map[string]bool {
	t.Helper()
	modules := map[string]bool{}
	eachFile(t, func(t *testing.T, f *file) {
		for _, path := range f.imports() {
			if first, _, _ := strings.Cut(path, "/"); !strings.Contains(first, ".") {
				continue
			}
			module := path
			for module != "." {
				if _, found := requirements[module]; found {
					break
				}
				module = filepath.Dir(module)
			}
			if module == "." {
				t.Errorf("%s imports %s, of which go.mod has no module", f.path, path)
				continue
			}
			modules[module] = true
		}
	})
	return modules
}

func TestDependenciesAreExplained(t *testing.T) {
	text, err := os.ReadFile(filepath.Join(root, "CONTRIBUTING.md"))
	if err != nil {
		t.Fatal(err)
	}
	for module := range imported(t, requirements(t)) {
		if !strings.Contains(string(text), module) {
			t.Errorf("CONTRIBUTING.md does not say why %s is needed", module)
		}
	}
}

func TestDirectDependenciesAreMarkedAsSuch(t *testing.T) {
	indirect := requirements(t)
	direct := imported(t, indirect)
	for module, marked := range indirect {
		if direct[module] == marked {
			t.Errorf("go.mod: %s is imported: %v, but marked as indirect: %v; run go mod tidy", module, direct[module], marked)
		}
	}
}
