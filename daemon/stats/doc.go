// Package stats owns the traffic counters: one cell per event loop, so that
// loops never write to the same cache line, merged when somebody reads them.
// It never keeps time and never computes rates.
package stats
