package netns

import (
	"strings"
	"testing"
)

func TestSchedulersAreModules(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	modules := func(want string) {
		t.Helper()
		var got []string
		for line := range strings.Lines(o.Does("--modules")) {
			if words := strings.Fields(line); words[1] == "loaded" {
				got = append(got, words[0]+"="+words[2])
			}
		}
		if strings.Join(got, " ") != want {
			t.Errorf("loaded, with their users: %v, want %s", got, want)
		}
	}
	modules("")
	o.Does("--load-module", "wlc")
	modules("wlc=0")
	o.Fails(4, `Module is already loaded: scheduler "wlc"`, "--load-module", "wlc")
	o.Does("--unload-module", "wlc")
	modules("")
	// First use loads.
	o.Script(`
		-A -i a -P 81 -s phttp
		-A -i b -P 82 -s phttp
		-A -i c -P 83`)
	modules("http=1 phttp=2")
	o.Fails(1, `Module is in use: a service uses scheduler "phttp"`, "--unload-module", "phttp")
	o.Script(`
		-D -i a
		-E -i b -s chttp
		--unload-module phttp`)
	modules("http=1 chttp=1")
	o.Fails(4, `Module is not loaded: scheduler "phttp"`, "--unload-module", "phttp")
	for _, command := range []string{"--load-module", "--unload-module"} {
		r := o.Call(command, "nosuch")
		if r.Status != 4 || !strings.Contains(r.Stderr, `"nosuch", expected one of wlc, http, phttp, chttp, hhttp`) {
			t.Errorf("%s: status %d, %s", command, r.Status, r.Stderr)
		}
	}
	o.Does("-F")
	modules("http=0 chttp=0")
}
