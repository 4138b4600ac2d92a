// Package house holds the source tree to the rules of the house: which package
// may import which, what is pure, how packages, files and tests are named and
// described. Its tests read the tree and never change it.
package house
