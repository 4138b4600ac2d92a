package release

import (
	"testing"

	"ktcpvs/proto"
)

func TestTheCommitIsMakesOrThatOfTheBuild(t *testing.T) {
	built := map[string]string{"vcs.revision": "0123456789abcdef0123456789abcdef01234567", "vcs.modified": "false"}
	dirty := map[string]string{"vcs.revision": "0123456789abcdef0123456789abcdef01234567", "vcs.modified": "true"}
	for _, test := range []struct {
		commit   string
		settings map[string]string
		want     string
	}{
		{"", nil, proto.Version},
		{"", map[string]string{"vcs.modified": "true"}, proto.Version},
		{"", built, proto.Version + " (commit 0123456789ab)"},
		{"", dirty, proto.Version + " (commit 0123456789ab-dirty)"},
		{"abc-dirty", built, proto.Version + " (commit abc-dirty)"},
	} {
		if got := text(test.commit, test.settings); got != test.want {
			t.Errorf("of %q and %v: %q, expected %q", test.commit, test.settings, got, test.want)
		}
	}
}
