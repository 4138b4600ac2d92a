package sysctlfs

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"testing"

	"golang.org/x/sys/unix"

	"ktcpvs/fuse/fusetest"
)

// A probe is a child process that does to a file what its parent, which may be
// the one that serves it, must not do itself.
const probeEnv = "KTCPVS_TEST_PROBE"

func TestMain(m *testing.M) {
	if os.Getenv(probeEnv) != "" {
		if err := runProbe(os.Stdin, os.Stdout); err != nil {
			fmt.Fprintln(os.Stderr, "probe:", err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// operation is one thing to do; Path is the file, Text and Offset go with it.
type operation struct {
	Do     string
	Path   string
	Text   []byte
	Offset int64
	Flags  int
}

// outcome is what came of it, and what the file holds afterwards.
type outcome struct {
	Errno string
	N     int64
	Text  string
	After string
}

// probe runs the operations in a child, one after the other.
func probe(t *testing.T, operations []operation) []outcome {
	t.Helper()
	input, err := json.Marshal(operations)
	if err != nil {
		t.Fatal(err)
	}
	cmd := fusetest.Self()
	cmd.Env = append(cmd.Env, probeEnv+"=1")
	cmd.Stderr = os.Stderr
	stdin, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	go func() {
		stdin.Write(input)
		stdin.Close()
	}()
	output, err := cmd.Output()
	if err != nil {
		t.Fatalf("probe: %v", err)
	}
	var outcomes []outcome
	if err := json.Unmarshal(output, &outcomes); err != nil {
		t.Fatalf("probe: %v in %q", err, output)
	}
	if len(outcomes) != len(operations) {
		t.Fatalf("probe: %d outcomes of %d operations", len(outcomes), len(operations))
	}
	return outcomes
}

func runProbe(in io.Reader, out io.Writer) error {
	var operations []operation
	if err := json.NewDecoder(in).Decode(&operations); err != nil {
		return err
	}
	var outcomes []outcome
	for _, o := range operations {
		outcomes = append(outcomes, o.run())
	}
	return json.NewEncoder(out).Encode(outcomes)
}

func (o operation) run() outcome {
	var result outcome
	var err error
	result.N, result.Text, err = o.do()
	var errno unix.Errno
	if errors.As(err, &errno) {
		result.Errno = unix.ErrnoName(errno)
	} else if err != nil {
		result.Errno = err.Error()
	}
	text, _ := os.ReadFile(o.Path)
	result.After = string(text)
	return result
}

func (o operation) do() (int64, string, error) {
	beside := filepath.Join(filepath.Dir(o.Path), "new")
	switch o.Do {
	case "write":
		return o.withFile(unix.O_WRONLY, func(fd int) (int64, string, error) {
			n, err := unix.Pwrite(fd, o.Text, o.Offset)
			return int64(n), "", err
		})
	case "write twice":
		return o.withFile(unix.O_WRONLY, func(fd int) (int64, string, error) {
			if _, err := unix.Write(fd, []byte("11\n")); err != nil {
				return 0, "", err
			}
			n, err := unix.Write(fd, o.Text)
			return int64(n), "", err
		})
	case "read then write":
		return o.withFile(unix.O_RDWR, func(fd int) (int64, string, error) {
			if _, err := unix.Read(fd, make([]byte, 100)); err != nil {
				return 0, "", err
			}
			n, err := unix.Write(fd, o.Text)
			return int64(n), "", err
		})
	case "read":
		return o.withFile(unix.O_RDONLY, func(fd int) (int64, string, error) {
			text := make([]byte, 100)
			n, err := unix.Pread(fd, text, o.Offset)
			return int64(n), string(text[:max(n, 0)]), err
		})
	case "write read-only":
		return o.withFile(unix.O_RDONLY, func(fd int) (int64, string, error) {
			n, err := unix.Write(fd, o.Text)
			return int64(n), "", err
		})
	case "open":
		return o.withFile(0, func(int) (int64, string, error) { return 0, "", nil })
	case "seek end":
		return o.withFile(unix.O_RDWR, func(fd int) (int64, string, error) {
			unix.Write(fd, []byte("12\n"))
			n, err := unix.Seek(fd, 0, unix.SEEK_END)
			return n, "", err
		})
	case "seek data":
		return o.withFile(unix.O_RDONLY, func(fd int) (int64, string, error) {
			n, err := unix.Seek(fd, 0, unix.SEEK_DATA)
			return n, "", err
		})
	case "fsync":
		return o.withFile(unix.O_WRONLY, func(fd int) (int64, string, error) { return 0, "", unix.Fsync(fd) })
	case "ioctl":
		return o.withFile(unix.O_RDONLY, func(fd int) (int64, string, error) {
			_, err := unix.IoctlGetTermios(fd, unix.TCGETS)
			return 0, "", err
		})
	case "fallocate":
		return o.withFile(unix.O_WRONLY, func(fd int) (int64, string, error) { return 0, "", unix.Fallocate(fd, 0, 0, 10) })
	case "poll":
		return o.withFile(unix.O_RDWR, func(fd int) (int64, string, error) {
			set := []unix.PollFd{{Fd: int32(fd), Events: unix.POLLIN | unix.POLLOUT}}
			_, err := unix.Poll(set, 0)
			return int64(set[0].Revents), "", err
		})
	case "stat":
		var stat unix.Stat_t
		err := unix.Stat(o.Path, &stat)
		return 0, describe(stat), err
	case "stat dir":
		var stat unix.Stat_t
		err := unix.Stat(filepath.Dir(o.Path), &stat)
		return 0, describe(stat), err
	case "touch":
		if err := unix.Utimes(o.Path, []unix.Timeval{{Sec: 1}, {Sec: 2}}); err != nil {
			return 0, "", err
		}
		var stat unix.Stat_t
		err := unix.Stat(o.Path, &stat)
		return stat.Atim.Sec*10 + stat.Mtim.Sec, "", err
	case "truncate":
		return 0, "", unix.Truncate(o.Path, o.Offset)
	case "chmod":
		return 0, "", unix.Chmod(o.Path, uint32(o.Offset))
	case "chmod dir":
		return 0, "", unix.Chmod(filepath.Dir(o.Path), uint32(o.Offset))
	case "chown":
		return 0, "", unix.Chown(o.Path, 1, -1)
	case "chgrp":
		return 0, "", unix.Chown(o.Path, -1, 1)
	case "chown dir":
		return 0, "", unix.Chown(filepath.Dir(o.Path), 1, 1)
	case "create":
		fd, err := unix.Open(beside, unix.O_CREAT|unix.O_WRONLY, 0o644)
		unix.Close(fd)
		return 0, "", err
	case "tmpfile":
		fd, err := unix.Open(filepath.Dir(o.Path), unix.O_TMPFILE|unix.O_WRONLY, 0o644)
		unix.Close(fd)
		return 0, "", err
	case "lookup":
		return 0, "", unix.Access(beside, unix.F_OK)
	case "access":
		return 0, "", unix.Access(o.Path, uint32(o.Offset))
	case "mkdir":
		return 0, "", unix.Mkdir(beside, 0o755)
	case "mkdir there":
		return 0, "", unix.Mkdir(o.Path, 0o755)
	case "mknod":
		return 0, "", unix.Mknod(beside, unix.S_IFREG|0o644, 0)
	case "mkfifo":
		return 0, "", unix.Mkfifo(beside, 0o644)
	case "symlink":
		return 0, "", unix.Symlink("x", beside)
	case "link":
		return 0, "", unix.Link(o.Path, beside)
	case "unlink":
		return 0, "", unix.Unlink(o.Path)
	case "unlink nothing":
		return 0, "", unix.Unlink(beside)
	case "rename":
		return 0, "", unix.Rename(o.Path, beside)
	case "rename away":
		return 0, "", unix.Rename(o.Path, "/tmp/new")
	case "rename over":
		return 0, "", unix.Rename(o.Path, filepath.Join(filepath.Dir(o.Path), string(o.Text)))
	case "setxattr":
		return 0, "", unix.Setxattr(o.Path, "user.x", []byte("1"), 0)
	case "getxattr":
		_, err := unix.Getxattr(o.Path, "user.x", make([]byte, 10))
		return 0, "", err
	case "removexattr":
		return 0, "", unix.Removexattr(o.Path, "user.x")
	}
	return 0, "", errors.New("no such operation")
}

func (o operation) withFile(flags int, do func(fd int) (int64, string, error)) (int64, string, error) {
	fd, err := unix.Open(o.Path, flags|o.Flags, 0)
	if err != nil {
		return 0, "", fmt.Errorf("open: %w", err)
	}
	defer unix.Close(fd)
	return do(fd)
}

// describe shows what procfs and a served file must have in common.
func describe(stat unix.Stat_t) string {
	return fmt.Sprintf("mode %o, %d links, user %d, group %d, size %d, %d blocks of %d, times %v",
		stat.Mode, stat.Nlink, stat.Uid, stat.Gid, stat.Size, stat.Blocks, stat.Blksize,
		stat.Ctim.Sec > 1e9 && stat.Mtim.Sec != 0 && stat.Atim.Sec != 0)
}
