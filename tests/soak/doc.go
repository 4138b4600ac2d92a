// Package soak is a script, and the test of it: soak runs the tests on a machine
// that is busy, small or set up in another way than usual, so that none depends on
// what one machine happens to do. It judges no test itself.
package soak
