package main

import (
	"crypto/rand"
	"encoding/binary"
	"fmt"
	"os"
	"path/filepath"

	"ktcpvs/daemon/relay"
)

// readVeil gives the secret over the session cookies: the one that an earlier
// daemon has left in the run directory, so that sessions outlive it, or a new
// one.
func readVeil(dir string) (relay.Veil, error) {
	path := filepath.Join(dir, "session.key")
	key, err := os.ReadFile(path)
	if err != nil || len(key) != 16 {
		key = make([]byte, 16)
		rand.Read(key)
		if err := os.WriteFile(path, key, 0o600); err != nil {
			return relay.Veil{}, fmt.Errorf("cannot keep the secret of the session cookies: %w", err)
		}
	}
	return relay.Veil{binary.LittleEndian.Uint64(key), binary.LittleEndian.Uint64(key[8:])}, nil
}
