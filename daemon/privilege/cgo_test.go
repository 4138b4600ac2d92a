//go:build race

package privilege

import (
	"errors"
	"testing"
)

// A program that looks for races has cgo in it.
func TestAProgramWithCgoKeepsEverythingAndSaysSo(t *testing.T) {
	r := Drop(Options{Mounts: true})
	if len(r.Missed) != 1 || !errors.Is(r.Missed[0], errors.ErrUnsupported) {
		t.Errorf("missed %v, expected one line about cgo", r.Missed)
	}
	if r.Filtered || r.Kept != nil {
		t.Errorf("got %+v, expected that nothing else was tried", r)
	}
}
