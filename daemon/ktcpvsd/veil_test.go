package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

func TestTheSecretOfTheSessionCookiesOutlivesTheDaemon(t *testing.T) {
	dir := t.TempDir()
	first, fresh, instead, err := readVeil(dir)
	if err != nil || instead != nil || !fresh {
		t.Fatal(err, instead, fresh)
	}
	second, fresh, instead, err := readVeil(dir)
	if err != nil || instead != nil || fresh || second != first {
		t.Errorf("%x became %x, %v, %v", first, second, instead, err)
	}
	if info, err := os.Stat(filepath.Join(dir, "session.key")); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v, %v", info.Mode(), err)
	}
}

func TestASecretThatOthersMayHaveReadIsReplaced(t *testing.T) {
	for _, c := range []struct {
		mode os.FileMode
		size int
		want string
	}{
		{0o644, 16, "has mode 0644, expected 0600"},
		{0o660, 16, "has mode 0660, expected 0600"},
		{0o400, 16, "has mode 0400, expected 0600"},
		{0o600, 15, "has 15 bytes, expected 16"},
		{0o600, 0, "has 0 bytes, expected 16"},
		{0o600, 1 << 20, "has 1048576 bytes, expected 16"},
	} {
		dir := t.TempDir()
		path := filepath.Join(dir, "session.key")
		if err := os.WriteFile(path, make([]byte, c.size), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Chmod(path, c.mode); err != nil {
			t.Fatal(err)
		}
		veil, _, instead, err := readVeil(dir)
		if err != nil || instead == nil || !strings.HasSuffix(instead.Error(), path+" "+c.want) || veil == [2]uint64{} {
			t.Errorf("mode %o, %d bytes: the secret is %x, %v, %v; expected a new one because it %s", c.mode, c.size, veil, instead, err, c.want)
		}
		if info, err := os.Stat(path); err != nil || info.Mode() != 0o600 || info.Size() != 16 {
			t.Errorf("mode %o, %d bytes: the file is %v, %v; expected mode 0600 and 16 bytes", c.mode, c.size, info, err)
		}
		if again, _, _, err := readVeil(dir); err != nil || again != veil {
			t.Errorf("%x became %x, %v", veil, again, err)
		}
	}
}

func TestWhatIsNoFileOfOursIsNotTakenForTheSecret(t *testing.T) {
	for name, c := range map[string]struct {
		put  func(path string) error
		want string
	}{
		"FIFO":      {func(path string) error { return unix.Mkfifo(path, 0o600) }, "is no regular file but p"},
		"directory": {func(path string) error { return os.Mkdir(path, 0o700) }, "is no regular file but d"},
		"link":      {func(path string) error { return os.Symlink("/dev/zero", path) }, "is a symbolic link, expected a regular file"},
		"foreign": {func(path string) error {
			if os.Geteuid() != 0 {
				return os.Symlink("nowhere", path)
			}
			if err := os.WriteFile(path, make([]byte, 16), 0o600); err != nil {
				return err
			}
			return os.Chown(path, 1, 1)
		}, ""},
	} {
		dir := t.TempDir()
		path := filepath.Join(dir, "session.key")
		if err := c.put(path); err != nil {
			t.Fatal(err)
		}
		before, _ := os.Lstat(path)
		_, _, _, err := readVeil(dir)
		if err == nil || !strings.Contains(err.Error(), path+" "+c.want) || !strings.HasSuffix(err.Error(), ": remove it") {
			t.Errorf("%s: %v; expected a line with %s, %q and what to do", name, err, path, c.want)
		}
		if after, err := os.Lstat(path); err != nil || !os.SameFile(before, after) {
			t.Errorf("%s: it became %v, %v; expected that it stays", name, after, err)
		}
	}
}
