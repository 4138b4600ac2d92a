package klog

import (
	"context"
	"io"
	"log/slog"
	"strconv"
	"sync"
	"time"
)

// maxLine bounds a line. /dev/kmsg refuses a write of 1024 bytes and more
// with EINVAL (kernel/printk/printk.c), and the record would be lost whole.
const maxLine = 960

// Kernel priorities (linux/kern_levels.h) in the form /dev/kmsg takes them.
const (
	prefixWarning = "<4>TCPVS: "
	prefixInfo    = "<6>TCPVS: "
	prefixDebug   = "<7>TCPVS: "
)

// kmsgHandler writes records as lines of the kernel log, at most burst at once
// and one more every interval, so that debugging can not wash the kernel's own
// messages out of its ring.
type kmsgHandler struct {
	now func() time.Time

	mu         sync.Mutex // guards the rest, and keeps each line one Write
	target     io.Writer
	line       []byte
	allowance  allowance
	suppressed int
}

const (
	burst    = 200
	interval = 20 * time.Millisecond // 50 lines a second in the long run
)

func newKmsgHandler(target io.Writer, now func() time.Time) *kmsgHandler {
	return &kmsgHandler{now: now, target: target, allowance: allowance{tokens: burst, at: now()}}
}

func (h *kmsgHandler) Enabled(context.Context, slog.Level) bool { return true }

// Handle writes one line, or counts it as suppressed. The first line let
// through afterwards is preceded by one that says how many are missing.
func (h *kmsgHandler) Handle(_ context.Context, r slog.Record) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	if !h.allowance.take(h.now()) {
		h.suppressed++
		return nil
	}
	if h.suppressed > 0 {
		h.line = append(h.line[:0], prefixWarning...)
		h.line = strconv.AppendInt(h.line, int64(h.suppressed), 10)
		h.line = append(h.line, " lines suppressed"...)
		if err := h.flush(); err != nil {
			return err
		}
		h.suppressed = 0
	}
	h.line = append(h.line[:0], prefix(r.Level)...)
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

// WithAttrs and WithGroup make it a slog.Handler. Logger adds all of a
// record's attributes to the record, so there is nothing to carry.
func (h *kmsgHandler) WithAttrs([]slog.Attr) slog.Handler { return h }

// WithGroup is explained at WithAttrs.
func (h *kmsgHandler) WithGroup(string) slog.Handler { return h }

func (h *kmsgHandler) flush() error {
	if len(h.line) > maxLine {
		h.line = append(h.line[:maxLine-3], "..."...)
	}
	h.line = append(h.line, '\n')
	_, err := h.target.Write(h.line)
	return err
}

func prefix(level slog.Level) string {
	switch {
	case level >= slog.LevelWarn:
		return prefixWarning
	case level >= slog.LevelInfo:
		return prefixInfo
	default:
		return prefixDebug
	}
}

// appendPrintable keeps a record one line: what is not printable is escaped.
func appendPrintable(dst []byte, s string) []byte {
	for _, r := range s {
		if strconv.IsPrint(r) {
			dst = append(dst, string(r)...)
			continue
		}
		quoted := strconv.QuoteRune(r)
		dst = append(dst, quoted[1:len(quoted)-1]...)
	}
	return dst
}

// appendValue quotes a value that would otherwise run into the next key.
func appendValue(dst []byte, s string) []byte {
	for _, r := range s {
		if r == ' ' || r == '"' || r == '=' || !strconv.IsPrint(r) {
			return strconv.AppendQuote(dst, s)
		}
	}
	if s == "" {
		return append(dst, `""`...)
	}
	return append(dst, s...)
}

// allowance is a token bucket of lines.
type allowance struct {
	tokens int
	at     time.Time // when tokens was last right
}

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
