package state

import (
	"bytes"
	"errors"
	"fmt"
	"hash/crc32"
)

// State is all that is kept.
type State struct {
	Generation uint64 // of the table
	Config     string // digest of the configuration file that was applied last; "" is none
	Text       []byte // knobs, modules and services, in the grammar of configuration files
}

const (
	// page is what a file's length is rounded to, so that most writes leave it as it
	// is: that saves the file system a transaction.
	page = 4096

	headForm = "# ktcpvs table 1 number %d generation %d config %s bytes %d"
	sumForm  = " crc32c %08x"
	noConfig = "none"
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// appendRecord writes a file's content: a line that says what follows and has the
// checksum of itself and of that, then the text, and blank lines up to a page's end.
func appendRecord(dst []byte, number uint64, s *State) []byte {
	config := s.Config
	if config == "" {
		config = noConfig
	}
	start := len(dst)
	dst = fmt.Appendf(dst, headForm, number, s.Generation, config, len(s.Text))
	sum := crc32.Update(crc32.Checksum(dst[start:], castagnoli), castagnoli, s.Text)
	dst = fmt.Appendf(dst, sumForm+"\n", sum)
	dst = append(dst, s.Text...)
	for (len(dst)-start)%page != 0 {
		dst = append(dst, '\n')
	}
	return dst
}

var errEmpty = errors.New("it is empty")

// parseRecord reads what appendRecord wrote. The error says what is wrong with it;
// errEmpty is a file that was never written to.
func parseRecord(content []byte) (number uint64, s State, err error) {
	if len(content) == 0 {
		return 0, s, errEmpty
	}
	line, rest, _ := bytes.Cut(content, []byte("\n"))
	var length int
	var sum uint32
	if _, err := fmt.Sscanf(string(line), headForm+sumForm, &number, &s.Generation, &s.Config, &length, &sum); err != nil {
		const most = 100
		return 0, s, fmt.Errorf("its first line is %.*q, expected what tells of a kept table", most, line)
	}
	if length < 0 || length > len(rest) {
		return 0, s, fmt.Errorf("it has %d bytes after its first line, expected at least %d", len(rest), length)
	}
	head, _, _ := bytes.Cut(line, []byte(" crc32c "))
	s.Text = rest[:length]
	if is := crc32.Update(crc32.Checksum(head, castagnoli), castagnoli, s.Text); is != sum {
		return 0, s, fmt.Errorf("its checksum is %08x, expected %08x", is, sum)
	}
	if s.Config == noConfig {
		s.Config = ""
	}
	return number, s, nil
}
