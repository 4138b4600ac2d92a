package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"ktcpvs/tests/require"
)

// inShell runs a script in a directory with one file, with tcpvsadm on PATH
// and the fake daemon of the operator, and gives the words that it prints.
func (o *operator) inShell(shell string, args ...string) string {
	o.t.Helper()
	cmd := exec.Command(shell, args...)
	cmd.Dir = o.t.TempDir()
	if err := os.WriteFile(filepath.Join(cmd.Dir, "web.conf"), nil, 0o644); err != nil {
		o.t.Fatal(err)
	}
	cmd.Env = append([]string{"PATH=" + filepath.Dir(binary) + ":" + os.Getenv("PATH"), "LC_ALL=C"}, o.env...)
	out, err := cmd.CombinedOutput()
	if err != nil {
		o.t.Fatalf("%v\n%s", err, out)
	}
	words := strings.Fields(string(out))
	slices.Sort(words)
	return strings.Join(words, " ")
}

// completed are candidates by the line that is typed.
var completed = map[string]string{
	"tcpvsadm --add-s":              "--add-server --add-service",
	"tcpvsadm --save --n":           "--nlport --numeric",
	"tcpvsadm -A -i ":               "api web",
	"tcpvsadm -Ai w":                "web",
	"tcpvsadm -A --ident=w":         "web",
	"tcpvsadm -A -i x -s ph":        "phttp",
	"tcpvsadm -f w":                 "web.conf",
	"tcpvsadm --load-configfile w":  "web.conf",
	"tcpvsadm --load-configfile=we": "web.conf",
	"tcpvsadm -A -i nobody":         "",
}

func TestBashCompletes(t *testing.T) {
	bash := require.Tool(t, "bash")
	script, err := filepath.Abs("../scripts/completion/tcpvsadm.bash")
	if err != nil {
		t.Fatal(err)
	}
	o := prepared(t)
	o.does("-Ai", "api")
	const complete = `. "$1"; COMP_LINE=$2; COMP_POINT=${#2}; _tcpvsadm; printf '%s\n' "${COMPREPLY[@]}"`
	for line, want := range completed {
		if got := o.inShell(bash, "-c", complete, "bash", script, line); got != want {
			t.Errorf("%q is completed by %q, want %q", line, got, want)
		}
	}
	// Readline has cut the word at its colons.
	if got := o.inShell(bash, "-c", complete, "bash", script, "tcpvsadm -d -i web -r 10.0.0.1:8"); got != "80" {
		t.Errorf("a server is completed by %q, want 80", got)
	}
}

func TestZshCompletes(t *testing.T) {
	zsh := require.Tool(t, "zsh")
	script, err := filepath.Abs("../scripts/completion/_tcpvsadm")
	if err != nil {
		t.Fatal(err)
	}
	o := prepared(t)
	o.does("-Ai", "api")
	// What the completion system gives a completer, in the little of it that
	// this one uses: it filters by what is typed.
	const complete = `
		prefix=${2##*[ =]}
		_call_program() { shift; eval "$@" }
		_describe() { for entry in "${(@P)3}"; do print -r -- "${${entry//\\:/@}%%:*}" | tr @ :; done | grep -e "^$prefix" }
		_files() { print -l -- $prefix* }
		compset() { }
		words=("${(@s: :)2}") CURRENT=${#words}
		. "$1" || true`
	for line, want := range completed {
		if got := o.inShell(zsh, "-c", complete, "zsh", script, line); got != want {
			t.Errorf("%q is completed by %q, want %q", line, got, want)
		}
	}
	if got := o.inShell(zsh, "-c", complete, "zsh", script, "tcpvsadm -d -i web -r 10.0.0.1:8"); got != "10.0.0.1:80" {
		t.Errorf("a server is completed by %q, want 10.0.0.1:80", got)
	}
}
