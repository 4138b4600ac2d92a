package configfile

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

func TestAFileIsReadWithItsDigest(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x.conf")
	for text, digest := range map[string]string{
		"virtual a { listen = 127.0.0.1:http }\n": "",
		"":    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
		"abc": "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
	} {
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		got, err := Read(path)
		if err != nil || got.Name != path || digest != "" && got.Digest != digest {
			t.Errorf("%q: %+v, %v", text, got, err)
		}
		if f, err := got.Parse(); digest == "" && (err != nil || len(f.Virtuals) != 1) {
			t.Errorf("%q: %+v, %v", text, f, err)
		} else if digest != "" && err == nil {
			t.Errorf("%q is a configuration", text)
		}
	}
	fifo := filepath.Join(t.TempDir(), "fifo")
	if err := unix.Mkfifo(fifo, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Read(fifo); err == nil || !strings.Contains(err.Error(), "is no regular file but") {
		t.Errorf("a pipe: %v", err)
	}
	if _, err := Read(path + "x"); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("no file: %v", err)
	}
}
