// Package spelling finds the word that somebody meant who mistyped one. It knows
// no words of its own.
package spelling
