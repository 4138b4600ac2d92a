package conf

import (
	"bytes"
	"errors"
	"reflect"
	"slices"
	"testing"
)

// FuzzParse holds whatever is taken to what can be written again, and whatever
// is refused to a message with a place in the file.
func FuzzParse(f *testing.F) {
	f.Add(readFile(f, "everything.conf"))
	f.Add(readFile(f, "save.golden"))
	f.Add([]byte("virtual v { rule = pattern \"\\\\\\\"\" use server r1 server = r1 }"))
	f.Add([]byte("virtual \"v"))
	f.Add([]byte("knobs { debug_level = -1 max_backlog = 0x10 } modules { wlc } virtual v { state = running }"))
	f.Add([]byte{0})
	f.Fuzz(func(t *testing.T, src []byte) {
		file, err := Read("f", src, book{})
		if err != nil {
			var all Mistakes
			if !errors.As(err, &all) || len(all) == 0 || len(all) > MostMistakes+1 {
				t.Fatalf("%#v", err)
			}
			for i, bad := range all {
				if bad.Line < 1 || bad.Column < 1 || bad.Column > len(src)+1 || i > 0 && bad.Line < all[i-1].Line {
					t.Fatalf("mistake %d is %#v", i, bad)
				}
			}
			return
		}
		table := load(file.Virtuals)
		reported := &File{Virtuals: table, Knobs: file.Knobs, Modules: file.Modules}
		saved := AppendSave(nil, reported, Numeric{})
		again, err := Read("saved", saved, book{})
		if err != nil {
			t.Fatalf("%v in\n%s", err, saved)
		}
		if !reflect.DeepEqual(load(again.Virtuals), table) || !slices.Equal(again.Knobs, file.Knobs) || !slices.Equal(again.Modules, file.Modules) {
			t.Fatalf("%q is saved as\n%s", src, saved)
		}
		reported.Virtuals = load(again.Virtuals)
		if twice := AppendSave(nil, reported, Numeric{}); !bytes.Equal(saved, twice) {
			t.Fatalf("saved as\n%s\nand, loaded and saved again, as\n%s", saved, twice)
		}
	})
}
