// Package pool owns the bookkeeping of what is kept for later: idle
// connections to real servers, and warm connection contexts. It knows
// connections as numbers and takes the time as an argument; it never opens,
// closes or waits for anything.
package pool
