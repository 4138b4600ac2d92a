// Package release says which release a program is and what it was built from. It
// never decides anything by that.
package release

import (
	"runtime/debug"

	"ktcpvs/proto"
)

// commit is set by make (go build -ldflags "-X ktcpvs/proto/release.commit=..."): the
// commit, and "-dirty" behind it when the tree had other changes.
var commit string

// Text is the release and, as far as it is known, the commit: "1.0.0 (commit
// 0123456789ab)".
func Text() string { return text(commit, settings()) }

func text(commit string, settings map[string]string) string {
	if commit == "" {
		commit = settings["vcs.revision"]
		commit = commit[:min(len(commit), 12)]
		if commit != "" && settings["vcs.modified"] == "true" {
			commit += "-dirty"
		}
	}
	if commit == "" {
		return proto.Version
	}
	return proto.Version + " (commit " + commit + ")"
}

// settings are what go build has noted.
func settings() map[string]string {
	known := map[string]string{}
	if info, ok := debug.ReadBuildInfo(); ok {
		for _, s := range info.Settings {
			known[s.Key] = s.Value
		}
	}
	return known
}
