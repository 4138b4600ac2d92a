//go:build cgo

package main

// ignoreReserved leaves the C library its signals.
func ignoreReserved() {}
