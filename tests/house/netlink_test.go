package house

import (
	"slices"
	"testing"
)

// What tcpvsadm says goes through the library that any client of generic netlink
// uses; only the socket beneath it is ours.
func TestTheClientTalksThroughGenetlink(t *testing.T) {
	const library = "github.com/mdlayher/genetlink"
	var importers []string
	eachFile(t, func(_ *testing.T, f *file) {
		for _, i := range f.syntax.Imports {
			if i.Path.Value == `"`+library+`"` {
				importers = append(importers, f.path)
			}
		}
	})
	if !slices.Contains(importers, "proto/client/exchange.go") {
		t.Errorf("%s is imported by %v, expected proto/client/exchange.go among them", library, importers)
	}
}
