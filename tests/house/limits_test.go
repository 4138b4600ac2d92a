package house

import (
	"go/ast"
	"go/token"
	"path"
	"regexp"
	"strings"
	"testing"

	"ktcpvs/daemon/knob"
)

// A limit is tested on the running daemon, as an operator sets it.

func TestEveryLimitIsSetByATestOfTheDaemon(t *testing.T) {
	set := map[string]bool{}
	eachFile(t, func(_ *testing.T, f *file) {
		if f.dir() != "tests/netns" || !strings.HasPrefix(path.Base(f.path), "limits_") || !f.isTest() {
			return
		}
		for _, name := range knobsSet(f.syntax) {
			set[name] = true
		}
	})
	limits := 0
	for _, k := range knob.New().All() {
		if isOriginal[k.Name()] {
			continue
		}
		limits++
		if !set[k.Name()] {
			t.Errorf("no test in tests/netns/limits_*_test.go sets %s", k.Name())
		}
	}
	if limits < 16 {
		t.Errorf("only %d limits are known", limits)
	}
}

// isOriginal are the knobs that are not limits (the reference's section 6).
var isOriginal = map[string]bool{
	"debug_level": true, "unload": true, "max_backlog": true,
	"zerocopy_send": true, "keepalive_timeout": true, "read_timeout": true,
}

var setting = regexp.MustCompile(`\b([a-z_]+)=[0-9]+`)

// knobsSet are the names that stand before a value in a file's strings.
func knobsSet(syntax *ast.File) (names []string) {
	ast.Inspect(syntax, func(node ast.Node) bool {
		if s, ok := node.(*ast.BasicLit); ok && s.Kind == token.STRING {
			for _, found := range setting.FindAllStringSubmatch(s.Value, -1) {
				names = append(names, found[1])
			}
		}
		return true
	})
	return names
}
