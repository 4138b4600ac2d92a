package klog

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"strconv"
	"time"
)

// The debug levels (reference section 6). A message is said while debug_level
// is at its level or above.
const (
	Announce = 0  // announcements and transmission errors
	Fault    = 1  // non-fatal errors
	Config   = 2  // configuration
	Daemon   = 3  // daemon, listening
	Lookup   = 4  // connections new, expired, looked up
	Conn     = 5  // connection handling, scheduling
	State    = 8  // state transitions
	Relay    = 12 // data relay
)

// Format is the form that records are written in.
type Format string

// The formats.
const (
	Text Format = "text" // slog's key=value lines
	JSON Format = "json" // one JSON object a line
	Kmsg Format = "kmsg" // kernel log lines: <priority>TCPVS: message key=value
)

// ParseFormat returns the format of that name, or an error that says which
// there are.
func ParseFormat(name string) (Format, error) {
	switch f := Format(name); f {
	case Text, JSON, Kmsg:
		return f, nil
	}
	return "", fmt.Errorf("log format %q is not known, expected %s, %s or %s", name, Text, JSON, Kmsg)
}

// Options say how a Logger writes.
type Options struct {
	Format Format       // as ParseFormat gives it
	Target io.Writer    // gets one Write per record; for Kmsg, /dev/kmsg
	Level  func() int32 // the debug level, asked for every message
}

// Logger says what the debug level allows. It may be used by any goroutine.
type Logger struct {
	level   func() int32
	handler slog.Handler
}

// New returns a logger. It panics on a Format that there is not.
func New(o Options) *Logger {
	l := &Logger{level: o.Level}
	// The level is decided before a handler is asked, so handlers pass all.
	pass := &slog.HandlerOptions{Level: slog.Level(-1 << 10)}
	switch o.Format {
	case Text:
		l.handler = slog.NewTextHandler(o.Target, pass)
	case JSON:
		l.handler = slog.NewJSONHandler(o.Target, pass)
	case Kmsg:
		l.handler = newKmsgHandler(o.Target, time.Now)
	default:
		panic("klog: no log format " + strconv.Quote(string(o.Format)))
	}
	return l
}

// Discard returns a logger that says nothing.
func Discard() *Logger {
	return &Logger{level: func() int32 { return Announce - 1 }, handler: slog.DiscardHandler}
}

// Enabled tells whether a message of this level would be said: one load and
// one compare. Where making the arguments costs something (Go boxes them
// before Say can look at the level), ask first:
//
//	if log.Enabled(klog.Relay) {
//		log.Say(klog.Relay, "relayed", "bytes", n)
//	}
func (l *Logger) Enabled(level int) bool { return level <= int(l.level()) }

// Say logs one record: msg, then args as pairs of a key and a value, or
// slog.Attr, as log/slog takes them. A target that can not be written to loses
// the record; there is nobody left to tell.
func (l *Logger) Say(level int, msg string, args ...any) {
	if l.Enabled(level) {
		l.write(level, msg, args)
	}
}

func (l *Logger) write(level int, msg string, args []any) {
	r := slog.NewRecord(time.Now(), severity(level), msg, 0)
	r.Add(args...)
	if level > Fault {
		r.AddAttrs(slog.Int("debug", level))
	}
	_ = l.handler.Handle(context.Background(), r)
}

// severity is the level's place among slog's, for tools that read the records.
func severity(level int) slog.Level {
	switch {
	case level <= Announce:
		return slog.LevelInfo
	case level == Fault:
		return slog.LevelWarn
	default:
		return slog.LevelDebug
	}
}
