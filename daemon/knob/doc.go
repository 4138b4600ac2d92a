// Package knob owns the tunables that operators know from
// /proc/sys/net/ktcpvs: their names, units, ranges, defaults, what they do,
// and their values. Everything that shows or sets one reads it here. It never
// acts on a value; whoever a knob matters to reads it or asks to be told.
package knob
