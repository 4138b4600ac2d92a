// Package state keeps the daemon's table on a disk, so that a change that was
// acknowledged outlives the daemon and the machine.
//
// A state directory holds the last three tables in the files table.0 to table.2,
// taken in turn. Each is a configuration file whose first line, a comment, has its
// number and its checksum; the highest number counts. A write goes over the oldest
// of them, so that whatever becomes of it leaves the others whole. The file mark has
// the number of the last table that was written to its end: a file that is damaged
// is thereby told from one that the end of the daemon has cut short, which nobody
// was told of.
//
// The files are opened once, when the daemon starts: afterwards nothing is made,
// renamed or removed, so that a daemon that has given up its privileges needs no
// more than to write to what it holds. That is why no new file is written and
// renamed over the old one, which would take three times as long, too.
package state
