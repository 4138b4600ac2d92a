package arena

import (
	"bytes"
	"strings"
	"sync"
)

// Log holds what a program prints, while it does.
type Log struct {
	mu   sync.Mutex
	text bytes.Buffer
}

// Write takes what is printed.
func (l *Log) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

func (l *Log) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

// Lines are those that hold the text.
func (l *Log) Lines(text string) []string {
	var found []string
	for line := range strings.Lines(l.String()) {
		if strings.Contains(line, text) {
			found = append(found, line)
		}
	}
	return found
}
