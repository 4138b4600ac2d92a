// Package advice says of a table what is allowed and can hardly be meant: rules
// that no request gets to, methods in small letters, and the like.
//
// It owns what there is a warning for, and the words. What rules take is the
// automaton's to say (daemon/match), so that it is what the daemon does. It is
// pure: no IO, no clock, no goroutine.
package advice
