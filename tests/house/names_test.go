package house

import (
	"go/ast"
	"path"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// vague names say that things are together, not what they are.
var vague = []string{"util", "utils", "common", "helper", "helpers", "misc"}

// words are the parts of a camelCase or snake_case name, in lower case.
func words(name string) []string {
	var list []string
	for _, word := range word.FindAllString(acronym.ReplaceAllString(name, "$1 $2"), -1) {
		list = append(list, strings.ToLower(word))
	}
	return list
}

var (
	acronym = regexp.MustCompile(`([A-Z])([A-Z][a-z])`)
	word    = regexp.MustCompile(`[A-Z]+[a-z0-9]*|[a-z0-9]+`)
)

func isVague(name string) bool {
	return slices.ContainsFunc(words(name), func(w string) bool { return slices.Contains(vague, w) })
}

// isVagueIdentifier allows common, which is a term of its own where there is
// no file or package of it: a common prefix.
func isVagueIdentifier(name string) bool {
	return slices.ContainsFunc(words(name), func(w string) bool { return w != "common" && slices.Contains(vague, w) })
}

func TestNamesSayWhatThingsAre(t *testing.T) {
	eachFile(t, func(t *testing.T, f *file) {
		if isVague(f.path) {
			t.Errorf("%s: a vague path", f.path)
		}
		if name := f.syntax.Name.Name; isVague(name) {
			t.Errorf("%s: package %s", f.path, name)
		}
		for _, name := range declared(f.syntax) {
			if isVagueIdentifier(name.Name) {
				t.Errorf("%s: %s", f.at(name), name.Name)
			}
		}
	})
}

// declared are the names that a file declares at its top level, methods too.
func declared(syntax *ast.File) []*ast.Ident {
	var names []*ast.Ident
	for _, decl := range syntax.Decls {
		switch d := decl.(type) {
		case *ast.FuncDecl:
			// testing.TB has a method of that name to implement.
			if d.Recv == nil || d.Name.Name != "Helper" {
				names = append(names, d.Name)
			}
		case *ast.GenDecl:
			for _, spec := range d.Specs {
				switch s := spec.(type) {
				case *ast.TypeSpec:
					names = append(names, s.Name)
				case *ast.ValueSpec:
					names = append(names, s.Names...)
				}
			}
		}
	}
	return names
}

var (
	fileName     = regexp.MustCompile(`^[a-z][a-z0-9]*(_[a-z0-9]+)*\.go$`)
	meaningless  = regexp.MustCompile(`^(z+|x+|tmp|temp|new|old|more|extra|other|stuff|test|tests|[a-z]*[0-9]*_?part[0-9]*)(_test)?\.go$`)
	testFunction = regexp.MustCompile(`^Test[A-Z0-9]`)
)

func TestFilesAreNamedByWhatIsInThem(t *testing.T) {
	eachFile(t, func(t *testing.T, f *file) {
		if name := path.Base(f.path); !fileName.MatchString(name) || meaningless.MatchString(name) {
			t.Errorf("%s: expected a name in lower case that says what is in it", f.path)
		}
	})
}

func TestTestsAreNamedByBehaviour(t *testing.T) {
	eachFile(t, func(t *testing.T, f *file) {
		for _, name := range declared(f.syntax) {
			switch {
			case !strings.HasPrefix(name.Name, "Test") || name.Name == "TestMain":
			case !f.isTest():
			case testFunction.MatchString(name.Name) && len(words(name.Name)) < 3:
				t.Errorf("%s: %s does not say what holds of what", f.at(name), name.Name)
			}
		}
	})
}

func TestNothingIsLeftForLater(t *testing.T) {
	later := regexp.MustCompile(`\b(TO` + `DO|FIX` + `ME|XX` + `X|HA` + `CK)\b`)
	eachFile(t, func(t *testing.T, f *file) {
		for _, group := range f.syntax.Comments {
			for _, comment := range group.List {
				if found := later.FindString(comment.Text); found != "" {
					t.Errorf("%s: %s", f.at(comment), found)
				}
			}
		}
	})
}
