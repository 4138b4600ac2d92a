package configfile

import (
	"context"
	"errors"
	"net/netip"
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

// book answers some names at once, others never.
type book map[string]string

func (b book) LookupNetIP(ctx context.Context, _, host string) ([]netip.Addr, error) {
	addr, ok := b[host]
	if !ok {
		<-ctx.Done()
		return nil, ctx.Err()
	}
	return []netip.Addr{netip.MustParseAddr("2001:db8::1"), netip.MustParseAddr(addr)}, nil
}

func TestNamesAreLookedUpTogetherAndThoseThatDoNotAnswerAreNamed(t *testing.T) {
	r := newResolver()
	r.system = book{"r1": "10.0.0.1", "r2": "10.0.0.2"}
	for _, name := range []string{"r1", "r2", "silent", "r1", "mute"} {
		first, err := r.Host(name)
		again, _ := r.Host(name)
		if err != nil || first != again {
			t.Errorf("%s stands for %v and %v, %v", name, first, again, err)
		}
	}
	r.lookUp()
	for name, want := range map[string]string{"r1": "10.0.0.1", "r2": "10.0.0.2", "silent": "", "mute": ""} {
		addr, err := r.Host(name)
		if want == "" && (err == nil || !strings.Contains(err.Error(), "did not answer in 2s")) || want != "" && addr.String() != want {
			t.Errorf("%s: %v, %v, expected %q", name, addr, err, want)
		}
	}
}
