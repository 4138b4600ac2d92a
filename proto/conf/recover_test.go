package conf

import (
	"errors"
	"strings"
	"testing"
)

func mistakes(t *testing.T, src string) []string {
	t.Helper()
	_, err := Read("f", []byte(src), book{})
	if err == nil {
		t.Fatalf("taken:\n%s", src)
	}
	return strings.Split(err.Error(), "\n")
}

func TestAllMistakesOfAFileAreTold(t *testing.T) {
	golden(t, "mistakes.golden", []byte(strings.Join(mistakes(t, string(readFile(t, "mistakes.conf"))), "\n")+"\n"))
}

func TestNoMoreThanTwentyMistakesAreTold(t *testing.T) {
	src := "virtual v {\n" + strings.Repeat("maxclients = 0\n", 1000) + "}"
	got := mistakes(t, src)
	if len(got) != MostMistakes+1 || got[MostMistakes] != "f: more than 20 mistakes, the rest is not looked at" {
		t.Errorf("%d lines, of which the last is %s", len(got), got[len(got)-1])
	}
	twenty := "virtual v { }" + strings.Repeat("\nvirtual v { }", 20)
	if got := mistakes(t, twenty); len(got) != MostMistakes {
		t.Errorf("%d lines for twenty mistakes:\n%s", len(got), strings.Join(got, "\n"))
	}
}

func TestOneMistakeIsToldOnce(t *testing.T) {
	for _, src := range []string{
		"virtual v {\n server = nosuch:80\n rule = pattern a use server nosuch:80\n rule = pattern b use server nosuch:80\n}\nvirtual w { redirect = nosuch:1 }",
		"virtual v {\n server = r1:8x:9\n rule = pattern a use server r1:80\n}",
		"virtual {\n server = r1:80\n listen = r2:80\n}",
		"virtual v\n listen = r2:80\n}",
		"virtual v {\n listen = r2:80\n",
		"virtual v {\n listen = r2:80\nvirtual w { }",
		"virtual v {\n rule = pattern \"a use server r1:80\n server = r1:80\n}",
		"virtual v {\n server = r1:80\n rule = pattern a{2,3} host b use server r1:80\n}\nvirtual w { listen = r1:1 }",
		"virtual v {\n server = r1:80 rule = pattern x match 11 use server r1:80 rule = pattern y use server r1:80 }",
		"virtual v { } }\nvirtual w { }",
		"knobs { debug_level = 1 read_timeout 2 max_backlog = 3 }\nvirtual v { }",
		"knobs { unload = 5 }\nvirtual v { }",
		"modules { wlc wlc }\nvirtual v { }",
		"virtual v {\n listen = \n scheduler = wlc\n}",
		"virtual v {\n listne = r1:80\n scheduler = wlc\n}",
		"backend v {\n listen = r1:80\n scheduler = wlc\n}",
	} {
		if got := mistakes(t, src); len(got) != 1 {
			t.Errorf("%s:\n%s", src, strings.Join(got, "\n"))
		}
	}
}

func TestEachMistakeIsAnErrorByItself(t *testing.T) {
	_, err := Read("f", []byte("virtual v {\n listen = r1:0\n state = x\n}"), book{})
	all, ok := errors.AsType[Mistakes](err)
	if !ok || len(all) != 2 || all[1].Line != 3 || all[1].Found != `"x"` {
		t.Errorf("got %#v", err)
	}
	if one, ok := errors.AsType[*Error](err); !ok || one.Line != 2 {
		t.Errorf("the first is %+v", one)
	}
}

// A rule that is wrong is no rule that others repeat.
func TestNoRuleRepeatsAWrongOne(t *testing.T) {
	_, err := Read("f", []byte(`virtual v { server = r1:80
 rule = prefix "x" use server r1:80
 rule = path "(" use server r1:80
 rule = path "" method OPTIONS use server r1:80
 rule = method OPTIONS use server r1:80
}`), book{})
	if err == nil || strings.Count(err.Error(), "\n")+1 != 3 || strings.Contains(err.Error(), "another rule") {
		t.Errorf("expected three mistakes, and no repeated rule:\n%v", err)
	}
}

// What follows a mistake is read as it is meant: few others are told because of it.
func TestOneDamagedTokenMakesFewMistakes(t *testing.T) {
	src := string(readFile(t, "everything.conf")) +
		"knobs { debug_level = 1\n read_timeout = 2 }\nmodules { wlc\n http }\nvirtual c { listen = r1:81\n server = r1:80 2\n rule = pattern x use server r1:80\n}\n"
	lex := newLexer("f", src)
	files, once := 0, 0
	for {
		lex.skip()
		start := lex.pos
		tok, err := lex.next(atKeyword)
		if err != nil {
			lex.pos = start + 1 // as a value it is none
			continue
		}
		if tok.kind == atEnd {
			break
		}
		for _, damage := range []string{"", "junk", "{", "}", "=", `"`, "virtual", "server"} {
			_, err := Read("f", []byte(src[:start]+damage+src[lex.pos:]), book{})
			if err == nil {
				continue
			}
			files++
			switch n := strings.Count(err.Error(), "\n") + 1; {
			case n == 1:
				once++
			case n > 5:
				t.Errorf("%q in place of %q in line %d makes %d mistakes:\n%v", damage, src[start:lex.pos], tok.at.Line, n, err)
			}
		}
	}
	if 10*once < 6*files {
		t.Errorf("of %d damages, only %d are told as one mistake", files, once)
	}
}
