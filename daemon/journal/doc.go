// Package journal keeps who changed what: one entry for each change that took
// effect, with what was there before and after it. It holds the last entries, as
// many as fit into a bound of bytes, in memory and, in a directory, in the files
// journal.0 and journal.1, of which one is begun anew when the other is full. Each
// line is an entry, as JSON.
//
// The files are opened once and only written to afterwards. They are not forced to
// the disk with each entry: the table is kept by package state, and a power failure
// may cost the journal its last entries. A line that is cut short is left out.
package journal
