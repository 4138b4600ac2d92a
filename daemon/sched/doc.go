// Package sched owns the scheduling algorithms (reference section 5), a file
// each, and the registry that loads and unloads them by name as if they were
// kernel modules. Each builds a picker when the table changes, so that picking
// costs little. It never looks at requests and never counts connections: it
// reads the counts that servers carry.
package sched
