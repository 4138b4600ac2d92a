package main

import (
	"crypto/rand"
	"encoding/hex"
)

// pseudonym is what Via calls this daemon as long as it runs: no other gateway on
// a request's way has the same one, and finds its requests to be its own.
func pseudonym() string {
	mark := make([]byte, 6)
	rand.Read(mark)
	return "ktcpvs-" + hex.EncodeToString(mark)
}
