package lab

import (
	"bufio"
	"fmt"
	"io"
	"os/exec"
	"strings"
	"time"
)

// Session is an operator's shell on a host, which does one line after the
// other and keeps its directory and variables.
type Session struct {
	host  *Host
	shell *exec.Cmd
	input io.Writer
	lines *bufio.Reader
}

// ended is what the shell says after each line, before the status.
const ended = "the line has ended with "

// lineTime bounds a line, which may be a make that compiles all.
const lineTime = 3 * time.Minute

// Session starts a shell. Programs that it starts in the background may
// outlive it.
func (h *Host) Session(shell string) *Session {
	h.t.Helper()
	cmd := h.Command(shell)
	input, err := cmd.StdinPipe()
	if err != nil {
		h.t.Fatal(err)
	}
	output, err := cmd.StdoutPipe()
	if err != nil {
		h.t.Fatal(err)
	}
	cmd.Stderr = cmd.Stdout
	if err := cmd.Start(); err != nil {
		h.t.Fatal(err)
	}
	h.t.Cleanup(func() {
		input.Close()
		cmd.Wait()
	})
	return &Session{host: h, shell: cmd, input: input, lines: bufio.NewReader(output)}
}

// Run does one line and gives what it printed, standard error included, and
// its status.
func (s *Session) Run(line string) (out string, status int) {
	s.host.t.Helper()
	late := time.AfterFunc(lineTime, func() { s.shell.Process.Kill() })
	defer late.Stop()
	fmt.Fprintf(s.input, "{ %s\n} </dev/null\necho \"%s$?\"\n", line, ended)
	var b strings.Builder
	for {
		text, err := s.lines.ReadString('\n')
		before, after, found := strings.Cut(text, ended)
		b.WriteString(before)
		if found {
			fmt.Sscan(after, &status)
			return b.String(), status
		}
		if err != nil {
			s.host.t.Fatalf("%s: the shell on %s has ended: %v\n%s", line, s.host.Name, err, &b)
		}
	}
}
