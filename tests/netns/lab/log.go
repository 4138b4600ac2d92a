package lab

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

// Has tells whether the text has been printed.
func (l *Log) Has(text string) bool { return strings.Contains(l.String(), text) }

// Mark gives what is printed after the call, at each call of the result.
func (l *Log) Mark() (since func() string) {
	n := len(l.String())
	return func() string { return l.String()[n:] }
}
