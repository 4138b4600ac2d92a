package klog

import (
	"context"
	"io"
	"log/slog"
	"strconv"
	"strings"
	"sync"
	"time"
	"unicode/utf8"
)

// maxLine bounds a line. /dev/kmsg refuses a write of 1024 bytes and more
// with EINVAL (kernel/printk/printk.c), and the record would be lost whole.
const maxLine = 960

// kmsgHandler writes records as lines of the kernel log, each one Write, with
// the kernel's priorities (linux/kern_levels.h) in the form /dev/kmsg takes
// them. Each priority has its own allowance, so that debugging can wash
// neither the daemon's announcements nor the kernel's messages away.
type kmsgHandler struct {
	now func() time.Time

	mu                   sync.Mutex // guards the rest, and keeps lines in order
	target               io.Writer
	line                 []byte
	warning, info, debug priority
}

type priority struct {
	prefix string
	allowance
	suppressed int
}

func newKmsgHandler(target io.Writer, now func() time.Time) *kmsgHandler {
	full := allowance{tokens: burst, at: now()}
	return &kmsgHandler{
		now:     now,
		target:  target,
		warning: priority{prefix: "<4>TCPVS: ", allowance: full},
		info:    priority{prefix: "<6>TCPVS: ", allowance: full},
		debug:   priority{prefix: "<7>TCPVS: ", allowance: full},
	}
}

func (h *kmsgHandler) Enabled(context.Context, slog.Level) bool { return true }

// Handle writes one line, or counts it as suppressed. The first line of its
// priority let through afterwards follows one that says how many are missing.
func (h *kmsgHandler) Handle(_ context.Context, r slog.Record) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	p := h.priority(r.Level)
	if !p.take(h.now()) {
		p.suppressed++
		return nil
	}
	if p.suppressed > 0 {
		h.line = append(h.line[:0], p.prefix...)
		h.line = strconv.AppendInt(h.line, int64(p.suppressed), 10)
		h.line = append(h.line, " lines suppressed"...)
		p.suppressed = 0
		if err := h.flush(); err != nil {
			return err
		}
	}
	h.line = append(h.line[:0], p.prefix...)
	h.line = appendPrintable(h.line, r.Message)
	r.Attrs(func(a slog.Attr) bool {
		h.line = append(h.line, ' ')
		h.line = appendPrintable(h.line, a.Key)
		h.line = append(h.line, '=')
		h.line = appendValue(h.line, a.Value.Resolve().String())
		return true
	})
	return h.flush()
}

// WithAttrs and WithGroup are there to make a slog.Handler of it. Logger puts
// all attributes into the record, so there is nothing to carry.
func (h *kmsgHandler) WithAttrs([]slog.Attr) slog.Handler { return h }

// WithGroup is explained at WithAttrs.
func (h *kmsgHandler) WithGroup(string) slog.Handler { return h }

func (h *kmsgHandler) priority(level slog.Level) *priority {
	switch {
	case level >= slog.LevelWarn:
		return &h.warning
	case level >= slog.LevelInfo:
		return &h.info
	default:
		return &h.debug
	}
}

func (h *kmsgHandler) flush() error {
	const ellipsis = "..."
	if len(h.line) > maxLine {
		end := maxLine - len(ellipsis)
		for !utf8.RuneStart(h.line[end]) {
			end--
		}
		h.line = append(h.line[:end], ellipsis...)
	}
	h.line = append(h.line, '\n')
	_, err := h.target.Write(h.line)
	return err
}

// appendPrintable keeps a record one line: what is not printable is escaped as
// in a Go string.
func appendPrintable(dst []byte, s string) []byte {
	if strings.IndexFunc(s, unprintable) < 0 && utf8.ValidString(s) {
		return append(dst, s...)
	}
	quoted := strconv.Quote(s)
	return append(dst, quoted[1:len(quoted)-1]...)
}

// appendValue quotes a value that would otherwise run into the next key.
func appendValue(dst []byte, s string) []byte {
	if s == "" || strings.ContainsAny(s, ` "=`) || strings.IndexFunc(s, unprintable) >= 0 || !utf8.ValidString(s) {
		return strconv.AppendQuote(dst, s)
	}
	return append(dst, s...)
}

func unprintable(r rune) bool { return !strconv.IsPrint(r) }

// allowance is a token bucket of lines.
type allowance struct {
	tokens int
	at     time.Time // when tokens was last right
}

const (
	burst    = 200
	interval = 20 * time.Millisecond // one more each: 50 lines a second in the long run
)

func (a *allowance) take(now time.Time) bool {
	if earned := now.Sub(a.at) / interval; earned > 0 {
		a.tokens = min(burst, a.tokens+int(min(earned, burst)))
		a.at = a.at.Add(earned * interval)
	}
	if a.tokens == 0 {
		return false
	}
	a.tokens--
	return true
}
