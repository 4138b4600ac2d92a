package main

import words "ktcpvs/proto/spelling"

// didYouMean is what a message about an unknown word ends with: the known one that
// is likely meant, or nothing.
func didYouMean(word string, known []string) string { return words.DidYouMean(word, known) }
