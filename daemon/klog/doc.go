// Package klog owns what the daemon says of itself: log/slog records in text,
// in JSON, or as lines of the kernel log, let through by debug_level. It never
// decides what is worth saying, and never opens or closes what it writes to.
package klog
