package main

import (
	"crypto/rand"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"golang.org/x/sys/unix"

	"ktcpvs/daemon/relay"
)

const (
	keyName  = "session.key"
	keyBytes = 16
	keyMode  = 0o600
)

// readVeil gives the secret over the session cookies: the one that an earlier
// daemon has left in the run directory, so that sessions outlive it, or a fresh
// one. instead says why, where a secret that was there could not be taken: others
// may have read it, or it is none. What is no file of this user's is not touched,
// and an error.
func readVeil(dir string) (veil relay.Veil, fresh bool, instead, err error) {
	path := filepath.Join(dir, keyName)
	key, err := readKey(path)
	unfit, ok := errors.AsType[*unfitKey](err)
	switch {
	case ok:
		instead = unfit
		if err := os.Remove(path); err != nil {
			return relay.Veil{}, false, nil, fmt.Errorf("cannot replace the secret of the session cookies: %w", err)
		}
		fallthrough
	case errors.Is(err, os.ErrNotExist):
		key = make([]byte, keyBytes)
		rand.Read(key)
		fresh, err = true, writeKey(path, key)
	}
	if err != nil {
		return relay.Veil{}, false, nil, fmt.Errorf("cannot keep the secret of the session cookies: %w", err)
	}
	return relay.Veil{binary.LittleEndian.Uint64(key), binary.LittleEndian.Uint64(key[8:])}, fresh, instead, nil
}

// unfitKey is a file that could hold the secret, but does not, or not as one.
type unfitKey struct{ path, is, expected string }

func (e *unfitKey) Error() string { return fmt.Sprintf("%s %s, expected %s", e.path, e.is, e.expected) }

// readKey reads the secret, and waits for nobody whatever stands in its place.
func readKey(path string) ([]byte, error) {
	file, err := os.OpenFile(path, os.O_RDONLY|unix.O_NOFOLLOW|unix.O_NONBLOCK, 0)
	if errors.Is(err, unix.ELOOP) {
		return nil, fmt.Errorf("%s is a symbolic link, expected a regular file: remove it", path)
	}
	if err != nil {
		return nil, err
	}
	defer file.Close()
	var stat unix.Stat_t
	if err := unix.Fstat(int(file.Fd()), &stat); err != nil {
		return nil, os.NewSyscallError("fstat", err)
	}
	info, err := file.Stat()
	switch {
	case err != nil:
		return nil, err
	case !info.Mode().IsRegular():
		return nil, fmt.Errorf("%s is no regular file but %v, expected one: remove it", path, info.Mode())
	case int(stat.Uid) != os.Geteuid():
		return nil, fmt.Errorf("%s belongs to user %d, expected %d: remove it", path, stat.Uid, os.Geteuid())
	case info.Mode().Perm() != keyMode:
		return nil, &unfitKey{path, fmt.Sprintf("has mode %04o", info.Mode().Perm()), fmt.Sprintf("%04o", keyMode)}
	case info.Size() != keyBytes:
		return nil, &unfitKey{path, fmt.Sprintf("has %d bytes", info.Size()), fmt.Sprint(keyBytes)}
	}
	key := make([]byte, keyBytes)
	_, err = io.ReadFull(file, key)
	return key, err
}

// writeKey writes the secret to a file that is not there yet, whole or not at all.
func writeKey(path string, key []byte) error {
	file, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL|unix.O_NOFOLLOW, keyMode)
	if err != nil {
		return err
	}
	_, err = file.Write(key)
	if err = errors.Join(err, file.Close()); err != nil {
		os.Remove(path)
	}
	return err
}
