package scripts

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"ktcpvs/tests/require"
)

// shellScripts are all files below scripts that a shell reads.
func shellScripts(t *testing.T) (paths []string) {
	t.Helper()
	for _, pattern := range []string{"*", "ktcpvs/env", "ktcpvs/stand-ins/*"} {
		found, err := filepath.Glob(filepath.Join(root, "scripts", pattern))
		if err != nil {
			t.Fatal(err)
		}
		for _, path := range found {
			if info, err := os.Stat(path); err != nil || info.IsDir() {
				continue
			}
			text, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			if bytes.HasPrefix(text, []byte("#!/bin/sh\n")) || bytes.HasPrefix(text, []byte("# shellcheck shell=sh")) {
				paths = append(paths, path)
			}
		}
	}
	if len(paths) < 12 {
		t.Fatalf("only %d scripts found: %v", len(paths), paths)
	}
	return paths
}

func TestScriptsAreCleanForShellcheck(t *testing.T) {
	shellcheck := require.Tool(t, "shellcheck")
	if out, err := exec.Command(shellcheck, append([]string{"-x", "-P", "SCRIPTDIR"}, shellScripts(t)...)...).CombinedOutput(); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
}

func TestScriptsAreReadByDash(t *testing.T) {
	dash := require.Tool(t, "dash")
	for _, path := range shellScripts(t) {
		if out, err := exec.Command(dash, "-n", path).CombinedOutput(); err != nil {
			t.Errorf("%s: %v: %s", path, err, out)
		}
	}
}
