package conf

import (
	"errors"
	"reflect"
	"testing"
)

// FuzzParse holds whatever is taken to what can be written again, and whatever
// is refused to a message with a place in the file.
func FuzzParse(f *testing.F) {
	f.Add(readFile(f, "everything.conf"))
	f.Add(readFile(f, "save.golden"))
	f.Add([]byte("virtual v { rule = pattern \"\\\\\\\"\" use server r1 server = r1 }"))
	f.Add([]byte("virtual \"v"))
	f.Add([]byte{0})
	f.Fuzz(func(t *testing.T, src []byte) {
		vs, err := Parse("f", src, book{})
		if err != nil {
			var bad *Error
			if !errors.As(err, &bad) || bad.Line < 1 || bad.Column < 1 || bad.Column > len(src)+1 {
				t.Fatalf("%#v", err)
			}
			return
		}
		table := load(vs)
		saved := AppendSave(nil, table, Numeric{})
		again, err := Parse("saved", saved, book{})
		if err != nil {
			t.Fatalf("%v in\n%s", err, saved)
		}
		if !reflect.DeepEqual(load(again), table) {
			t.Fatalf("%q is saved as\n%s", src, saved)
		}
	})
}
