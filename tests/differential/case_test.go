package differential

import (
	"reflect"
	"strings"
	"testing"
)

func TestCaseOfANumberIsAlwaysTheSame(t *testing.T) {
	for index := range uint64(200) {
		if a, b := Generate(7, index), Generate(7, index); !reflect.DeepEqual(a, b) {
			t.Fatalf("case %d:\n%+v\n%+v", index, a, b)
		}
	}
	if a, b := Generate(7, 0), Generate(8, 0); a.Bytes == b.Bytes {
		t.Error("another seed makes the same case")
	}
}

func TestPiecesAreTheWholeCase(t *testing.T) {
	for index := range uint64(500) {
		c := Generate(7, index)
		if strings.Join(c.pieces(), "") != c.Bytes {
			t.Fatalf("case %d: pieces %q of %q", index, c.pieces(), c.Bytes)
		}
	}
}

func TestMessagesAreValidUntilTheyAreMutated(t *testing.T) {
	for index := range uint64(3000) {
		if c := Generate(3, index); len(c.Mutations) == 0 {
			if r := Read(c.Bytes); r.End != allRead && r.End != closing || len(r.Messages) == 0 {
				t.Errorf("case %d ends with %q after %d messages: %q", index, r.End, len(r.Messages), c.Bytes)
			}
		}
	}
}

// Every mutation comes up, and most make some message mean nothing.
func TestEveryMutationChangesWhatIsMeant(t *testing.T) {
	seen, refused := map[string]int{}, map[string]int{}
	for index := range uint64(20000) {
		c := Generate(4, index)
		if len(c.Mutations) != 1 {
			continue
		}
		seen[c.Mutations[0]]++
		if r := Read(c.Bytes); r.End != allRead && r.End != closing {
			refused[c.Mutations[0]]++
		}
	}
	harmless := 0
	check := func(name string) {
		if seen[name] == 0 {
			t.Errorf("%s never comes up", name)
		}
		if refused[name] == 0 {
			harmless++
		}
	}
	for _, mutation := range messageMutations {
		check(mutation.name)
	}
	for _, mutation := range byteMutations {
		check(mutation.name)
	}
	if all := len(messageMutations) + len(byteMutations); harmless > all/4 {
		t.Errorf("%d of %d mutations never spoil a message", harmless, all)
	}
}
