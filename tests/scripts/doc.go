// Package scripts tests what lies in scripts/ as its users meet it: the real
// scripts with the real daemon, in namespaces of their own, so that the machine
// that tests run on is not changed.
package scripts
