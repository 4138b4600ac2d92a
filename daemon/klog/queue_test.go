package klog

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"ktcpvs/tests/wait"
)

// stalling is a writer that takes nothing until it may go on.
type stalling struct {
	goOn chan struct{}

	mu   sync.Mutex
	text strings.Builder
}

func (s *stalling) Write(p []byte) (int, error) {
	<-s.goOn
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.text.Write(p)
}

func TestWhoLogsDoesNotWaitForAReaderThatStandsStill(t *testing.T) {
	w := &stalling{goOn: make(chan struct{})}
	q := NewQueue(w, JSON)
	const n = 3 * queued
	written := make(chan struct{})
	go func() {
		defer close(written)
		for i := range n {
			fmt.Fprintf(q, "line %d\n", i)
		}
	}()
	wait.For(t, "Write does not wait", written)
	close(w.goOn)
	// What comes once there is room follows the number of those that are lost.
	wait.UntilIs(t, "lines that wait", 0, func() int { return len(q.lines) })
	fmt.Fprintln(q, "last")
	q.Close(wait.Limit)
	lines := strings.Split(strings.TrimSpace(w.text.String()), "\n")
	if lines[len(lines)-1] != "last" {
		t.Fatalf("the end is %q", lines[len(lines)-1])
	}
	// Where the writer began late there was room for a line in between, and the
	// number of those that were lost until then stands there.
	kept, lost, notices := 0, 0, 0
	for _, line := range lines[:len(lines)-1] {
		var notice struct {
			Lost int `json:"lost"`
		}
		switch err := json.Unmarshal([]byte(line), &notice); {
		case strings.HasPrefix(line, "line "):
			kept++
		case err != nil || notice.Lost == 0:
			t.Fatalf("%q: %v", line, err)
		default:
			notices++
			lost += notice.Lost
		}
	}
	if kept+lost != n || kept < queued || notices == 0 || notices > 2 {
		t.Errorf("%d lines were written and %d are said to be lost in %d lines, of %d", kept, lost, notices, n)
	}
}

type failing struct{}

func (failing) Write([]byte) (int, error) { return 0, errors.New("no space left on device") }

func TestAWriterThatFailsLosesLinesOnly(t *testing.T) {
	q := NewQueue(failing{}, Text)
	for range 10 {
		if n, err := q.Write([]byte("x\n")); n != 2 || err != nil {
			t.Fatal(n, err)
		}
	}
	q.Close(wait.Limit)
	if _, err := q.Write([]byte("late\n")); err != nil {
		t.Fatal(err)
	}
}

func TestCloseDoesNotWaitForEver(t *testing.T) {
	w := &stalling{goOn: make(chan struct{})}
	q := NewQueue(w, JSON)
	q.Write([]byte("x\n"))
	q.Close(10 * time.Millisecond) // or the test hangs
	close(w.goOn)
}
