//go:build !race

package control

// race tells that everything is many times slower than it is.
const race = false
