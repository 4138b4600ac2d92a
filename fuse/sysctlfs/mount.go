package sysctlfs

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"golang.org/x/sys/unix"

	"ktcpvs/fuse/mounts"
)

// patience bounds how long Unmount waits for the server of a mount that nobody
// uses any more.
const patience = time.Second

// Mounted is a directory that is mounted and served.
type Mounted struct {
	dir    string
	device string
	claim  *os.File
	done   <-chan struct{}
}

// Mount makes dir if need be, mounts root there and serves it until Unmount.
// A mount of a process that was killed is replaced. The error is one line that
// says what to do: the directory cannot be made, a living process serves it
// (it is named), /dev/fuse is missing, or mounting is not allowed. Then what Mount
// has made is gone again.
//
// While it is served a lock file ".NAME.lock" beside the directory says by whom.
func Mount(dir string, root *Dir, o Options) (*Mounted, error) {
	made := missing(filepath.Dir(dir))
	dir, claim, err := claimDir(dir)
	if err != nil {
		removeEmpty(made)
		return nil, err
	}
	m := &Mounted{dir: dir, claim: claim}
	if err := m.attach(root, o); err != nil {
		m.release()
		removeEmpty(made)
		return nil, err
	}
	return m, nil
}

// missing lists dir and the directories above it that are not there, the innermost
// first.
func missing(dir string) (list []string) {
	for {
		if _, err := os.Lstat(dir); !errors.Is(err, os.ErrNotExist) || dir == filepath.Dir(dir) {
			return list
		}
		list = append(list, dir)
		dir = filepath.Dir(dir)
	}
}

// removeEmpty removes directories in their order until one is not empty.
func removeEmpty(dirs []string) {
	for _, dir := range dirs {
		if err := unix.Rmdir(dir); err != nil && !errors.Is(err, unix.ENOENT) {
			return
		}
	}
}

func (m *Mounted) attach(root *Dir, o Options) error {
	if err := removeStale(m.dir); err != nil {
		return err
	}
	// Only now: to look at it before would wait for whoever serves it, who may be stopped.
	made := missing(m.dir)
	if err := os.MkdirAll(m.dir, 0o755); err != nil {
		return fmt.Errorf("cannot make the directory to mount on: %w", err)
	}
	err := mounts.Privileged(func() (err error) {
		m.done, err = Attach(m.dir, root, o)
		return err
	})
	if err != nil {
		removeEmpty(made)
		return err
	}
	entry, err := mounts.At(m.dir)
	if err != nil {
		return err
	}
	m.device = entry.Device
	return nil
}

// Dir is the absolute path of the mount point.
func (m *Mounted) Dir() string { return m.dir }

// Unmount takes the mount away. If it is in use it is detached, so that this
// never waits for a user, and whoever has a file open is served on until the
// process ends. Without CAP_SYS_ADMIN, or with another mount above, it fails and
// the mount stays. A second call does nothing.
func (m *Mounted) Unmount() error {
	if m.claim == nil {
		return nil
	}
	if err := mounts.Unmount(m.dir, m.device); err != nil {
		return err
	}
	select {
	case <-m.done:
	case <-time.After(patience):
	}
	m.release()
	return nil
}

// release gives the place up; the lock file goes first, so that nobody can
// claim one that is about to vanish.
func (m *Mounted) release() {
	os.Remove(m.claim.Name())
	m.claim.Close()
	m.claim = nil
}

// claimDir makes the directories above dir and takes the claim on it.
func claimDir(dir string) (string, *os.File, error) {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return "", nil, err
	}
	above := filepath.Dir(dir)
	if err := os.MkdirAll(above, 0o755); err != nil {
		return "", nil, fmt.Errorf("cannot make the directory to mount on: %w", err)
	}
	if above, err = filepath.EvalSymlinks(above); err != nil {
		return "", nil, err
	}
	dir = filepath.Join(above, filepath.Base(dir))
	lock := filepath.Join(above, "."+filepath.Base(dir)+".lock")
	claim, err := mounts.Claim(lock, os.O_RDWR|os.O_CREATE)
	if errors.Is(err, mounts.ErrClaimed) {
		holder, _ := os.ReadFile(lock)
		return "", nil, fmt.Errorf("%s is served by another process (%s): stop it, or choose another directory: %w",
			dir, holder, mounts.ErrClaimed)
	}
	if err != nil {
		return "", nil, fmt.Errorf("cannot lock the directory to mount on: %w", err)
	}
	if err = claim.Truncate(0); err == nil {
		_, err = fmt.Fprintf(claim, "pid %d", os.Getpid())
	}
	if err != nil {
		claim.Close()
		return "", nil, fmt.Errorf("cannot write the lock file: %w", err)
	}
	return dir, claim, nil
}

// removeStale unmounts what a killed process of ours left on dir, which the
// caller has claimed.
func removeStale(dir string) error {
	for {
		entry, err := mounts.At(dir)
		if errors.Is(err, os.ErrNotExist) {
			return nil
		}
		if err != nil {
			return err
		}
		if entry.Point != dir || entry.Type != Type || entry.Source != Source {
			return nil
		}
		if err := mounts.Unmount(dir, entry.Device); err != nil {
			return err
		}
	}
}
