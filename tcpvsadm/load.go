package main

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"slices"
	"time"

	"github.com/urfave/cli/v2"
	"golang.org/x/sys/unix"

	"ktcpvs/proto"
	"ktcpvs/proto/conf"
	"ktcpvs/proto/resolve"
)

// largestText is the longest configuration that is read, in bytes: more than the
// daemon takes at once, and little enough for any machine to hold.
const largestText = 64 << 20

// standardInput is its name in messages.
const standardInput = "standard input"

// pipePatience is how long a pipe may have no writer.
const pipePatience = 10 * time.Second

func (s *session) loadFile(c *cli.Context) error { return ofComparison(c, s.load(c)) }

func (s *session) load(c *cli.Context) error {
	name := c.Args().First()
	file, err := openText(name, pipePatience)
	if err != nil {
		return err
	}
	defer file.Close()
	text, err := readText(name, file, largestText)
	if err != nil {
		return err
	}
	return s.configure(c, name, text)
}

func (s *session) restore(c *cli.Context) error {
	text, err := readText(standardInput, s.in, largestText)
	if err == nil {
		err = s.configure(c, standardInput, text)
	}
	return ofComparison(c, err)
}

// ofComparison tells what goes wrong with --diff from what it finds.
func ofComparison(c *cli.Context, err error) error {
	if err == nil || !c.Bool(optionDiff) || errors.Is(err, errDiffers) {
		return err
	}
	return &uncompared{err}
}

// readText reads a configuration to its end, which a device or a pipe need not
// have.
func readText(name string, from io.Reader, most int64) ([]byte, error) {
	text, err := io.ReadAll(io.LimitReader(from, most+1))
	switch {
	case errors.Is(err, unix.EISDIR):
		return nil, fmt.Errorf("%w, expected a configuration file", err)
	case err != nil:
		return nil, err
	case int64(len(text)) > most:
		return nil, fmt.Errorf("%s: longer than %d bytes, expected a configuration of at most that", name, most)
	}
	return text, nil
}

// openText opens a configuration, which may be a pipe. One that has a name may have no
// writer, and is waited for as long as patience.
func openText(name string, patience time.Duration) (*os.File, error) {
	file, err := os.OpenFile(name, os.O_RDONLY|unix.O_NONBLOCK, 0)
	if err != nil {
		return nil, err
	}
	info, err := file.Stat()
	if err == nil && info.Mode()&fs.ModeNamedPipe != 0 {
		err = awaitWriter(file, patience)
	}
	if err != nil {
		file.Close()
		return nil, err
	}
	return file, nil
}

// awaitWriter waits until something can be read from a pipe. One without a name, as
// of a shell's <(command), had its writer from the beginning, who may take as long as
// it likes.
func awaitWriter(pipe *os.File, patience time.Duration) error {
	conn, err := pipe.SyscallConn()
	if err != nil {
		return err
	}
	var system unix.Statfs_t
	ready, failed := 0, error(nil)
	err = conn.Control(func(fd uintptr) {
		if failed = unix.Fstatfs(int(fd), &system); failed != nil || system.Type == unix.PIPEFS_MAGIC {
			ready = 1
			return
		}
		poll := []unix.PollFd{{Fd: int32(fd), Events: unix.POLLIN}}
		for end := time.Now().Add(patience); ; {
			ready, failed = unix.Poll(poll, int(max(0, time.Until(end).Milliseconds())))
			if failed != unix.EINTR {
				return
			}
		}
	})
	if err = errors.Join(err, failed); err == nil && ready == 0 {
		err = fmt.Errorf("%s: nobody has written to this pipe for %v", pipe.Name(), patience)
	}
	return err
}

// parse reads a configuration, of which the names are looked up if lookUp says so,
// all of them together. When it does not, each stands for an address of its own.
func (s *session) parse(name string, text []byte, lookUp bool) (*conf.File, error) {
	names := resolve.NewStandIns(s.resolve.Port)
	file, err := conf.Read(name, text, names)
	if hosts := names.Names(); lookUp && len(hosts) > 0 {
		s.resolve.LookUp(hosts)
		file, err = conf.Read(name, text, s.resolve)
	}
	if err == nil && len(file.Virtuals) == 0 {
		err = fmt.Errorf("%s: no virtual service, expected one at least (command --flush (-F) deletes all)", name)
	}
	return file, err
}

// save prints the table as a configuration.
func (s *session) save(c *cli.Context) error {
	return s.with(c, func(d daemon) error {
		file, err := reported(d)
		if err != nil {
			return err
		}
		_, err = s.out.Write(conf.AppendSave(nil, file, s.names(c, file.Virtuals)))
		return err
	})
}

// reportedTries is how often a daemon that never stands still is asked.
const reportedTries = 10

// reported is all of the daemon that a configuration holds. It takes several
// questions, which are asked anew when something has changed between them.
func reported(d daemon) (file *conf.File, err error) {
	before, err := d.Info()
	for range reportedTries {
		if err != nil {
			return nil, err
		}
		if file, err = reportedOnce(d, before.Knobs); err != nil {
			return nil, err
		}
		var info proto.Info
		info, err = d.Info()
		if info.Generation == before.Generation && slices.Equal(info.Knobs, before.Knobs) {
			break
		}
		before = info
	}
	return file, err
}

func reportedOnce(d daemon, knobs []proto.KnobValue) (*conf.File, error) {
	modules, err := d.Modules()
	if err != nil {
		return nil, err
	}
	file := &conf.File{Knobs: knobs}
	for _, m := range modules {
		if m.Loaded {
			file.Modules = append(file.Modules, m.Name)
		}
	}
	file.Virtuals, err = d.Table()
	return file, err
}
