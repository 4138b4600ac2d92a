// Package model is the table of the reference's section 4 in its simplest form, of
// plain slices: for the fake daemon, to hold a real table against, and to tell what
// a table is in the middle of a batch.
package model
