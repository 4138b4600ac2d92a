package configfile

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net"
	"os"

	"golang.org/x/sys/unix"

	"ktcpvs/proto/conf"
	"ktcpvs/proto/resolve"
)

// largest is the longest file that is read, in bytes.
const largest = 64 << 20

// Text is what stands in a file.
type Text struct {
	Name   string
	Digest string // sha256, in hex

	bytes []byte
}

// Read reads a regular file.
func Read(name string) (*Text, error) {
	f, err := os.OpenFile(name, os.O_RDONLY|unix.O_NONBLOCK, 0)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	if info, err := f.Stat(); err != nil {
		return nil, err
	} else if !info.Mode().IsRegular() {
		return nil, fmt.Errorf("%s is no regular file but %v, expected a configuration file", name, info.Mode())
	}
	text, err := io.ReadAll(io.LimitReader(f, largest+1))
	if err != nil {
		return nil, err
	}
	if len(text) > largest {
		return nil, fmt.Errorf("%s: longer than %d bytes, expected a configuration of at most that", name, largest)
	}
	sum := sha256.Sum256(text)
	return &Text{name, hex.EncodeToString(sum[:]), text}, nil
}

// Parse reads what the text says. Its names are looked up side by side, in two
// seconds together. The error tells every mistake, with its place.
func (t *Text) Parse() (*conf.File, error) {
	found := resolve.NewHosts(resolve.Files(), &net.Resolver{PreferGo: true, Dial: dial})
	names := resolve.NewStandIns(found.Port)
	f, err := conf.Read(t.Name, t.bytes, names)
	if hosts := names.Names(); len(hosts) > 0 {
		found.LookUp(hosts)
		f, err = conf.Read(t.Name, t.bytes, found)
	}
	if err == nil && len(f.Virtuals) == 0 {
		err = errors.New(t.Name + ": no virtual service, expected one at least")
	}
	return f, err
}
