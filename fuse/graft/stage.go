package graft

import (
	"fmt"
	"os"
	"runtime"
	"strconv"

	"golang.org/x/sys/unix"

	"ktcpvs/fuse/mounts"
	"ktcpvs/fuse/sysctlfs"
)

const (
	netDir = "/proc/sys/net"
	name   = "ktcpvs"

	curtain = ".sys"
	behind  = "proc"
	oldNet  = behind + "/sys/net"
)

// staged is a graft that is complete but not attached anywhere yet.
type staged struct {
	tree   *os.File        // the detached mounts, ready for move_mount
	lock   *os.File        // a file of the tmpfs, locked: who lives, holds it
	names  *os.File        // the tmpfs's root, writable
	procfs *os.File        // the uncovered /proc
	done   <-chan struct{} // closed when the FUSE server has no mount left
}

func (s *staged) close() {
	for _, file := range []*os.File{s.tree, s.lock, s.names, s.procfs} {
		if file != nil {
			file.Close()
		}
	}
}

// stage builds the graft in a mount namespace that only one thread has, and
// that vanishes with it.
func stage(knobs []sysctlfs.Knob, o sysctlfs.Options) (*staged, error) {
	s := new(staged)
	built := make(chan error)
	onThreadOfItsOwn(func() {
		built <- mounts.Privileged(func() error { return s.build(knobs, o) })
	})
	if err := <-built; err != nil {
		s.close()
		return nil, err
	}
	return s, nil
}

// onThreadOfItsOwn starts work on a thread that ends with it. That cannot be
// the process's first thread: it never ends, and it is what /proc/PID, and so
// every observer, takes for the whole process.
func onThreadOfItsOwn(work func()) {
	go func() {
		// Not unlocked in the end: so the runtime ends the thread.
		runtime.LockOSThread()
		if unix.Gettid() != unix.Getpid() {
			work()
			return
		}
		// While this goroutine holds the first thread, another gets another one.
		defer runtime.UnlockOSThread()
		done := make(chan struct{})
		onThreadOfItsOwn(func() {
			defer close(done)
			work()
		})
		<-done
	}()
}

// build does its work on /proc/sys/net itself, in the calling thread's new
// mount namespace.
func (s *staged) build(knobs []sysctlfs.Knob, o sysctlfs.Options) (err error) {
	if err := unix.Unshare(unix.CLONE_FS | unix.CLONE_NEWNS); err != nil {
		return fmt.Errorf("cannot make a mount namespace: %w", mounts.Explain(err))
	}
	// Nothing made here may propagate; a bind of /proc that were a peer of the
	// original would be covered together with it.
	if err := unix.Mount("", "/", "", unix.MS_REC|unix.MS_PRIVATE, ""); err != nil {
		return fmt.Errorf("cannot make mounts private: %w", mounts.Explain(err))
	}
	if s.procfs, err = cloneMounts("/proc"); err != nil {
		return err
	}
	if s.names, err = newTmpfs(); err != nil {
		return err
	}
	if err := s.makeNames(); err != nil {
		return err
	}
	if err := move(s.names, netDir); err != nil {
		return err
	}
	root := sysctlfs.Curtain(map[string]*sysctlfs.Dir{
		behind: sysctlfs.Empty(),
		name:   sysctlfs.Knobs(knobs),
	})
	if s.done, err = sysctlfs.Attach(netDir+"/"+curtain, root, o); err != nil {
		return err
	}
	if err := move(s.procfs, netDir+"/"+curtain+"/"+behind); err != nil {
		return err
	}
	if err := ask(netDir + "/" + curtain); err != nil {
		return err
	}
	if s.tree, err = cloneMounts(netDir); err != nil {
		return err
	}
	// Names come and go through s.names, which stays writable.
	readOnly := unix.MountAttr{Attr_set: unix.MOUNT_ATTR_RDONLY}
	if err := unix.MountSetattr(int(s.tree.Fd()), "", unix.AT_EMPTY_PATH, &readOnly); err != nil {
		return fmt.Errorf("cannot make the graft read-only: %w", mounts.Explain(err))
	}
	return nil
}

// ask makes the kernel ask what it asks once of the curtain: the empty listing,
// and whether there are extended attributes and a time of birth. Without it the
// first to look at the curtain would wait for a daemon that is stopped (SIGSTOP).
// Listing makes the kernel doubt the access time, so the attributes come last.
func ask(curtain string) error {
	if _, err := os.ReadDir(curtain); err != nil {
		return err
	}
	// That there are none is the answer.
	unix.Llistxattr(curtain, nil)
	unix.Lgetxattr(curtain, "system.posix_acl_access", nil)
	var stat unix.Statx_t
	return unix.Statx(unix.AT_FDCWD, curtain, unix.AT_SYMLINK_NOFOLLOW, unix.STATX_BASIC_STATS|unix.STATX_BTIME, &stat)
}

func (s *staged) makeNames() error {
	if err := unix.Mkdirat(int(s.names.Fd()), curtain, 0o700); err != nil {
		return fmt.Errorf("cannot make %s: %w", curtain, err)
	}
	if err := s.makeLock(); err != nil {
		return err
	}
	if err := unix.Symlinkat(curtain+"/"+name, int(s.names.Fd()), name); err != nil {
		return fmt.Errorf("cannot link %s: %w", name, err)
	}
	return s.relink()
}

func newTmpfs() (*os.File, error) {
	context, err := unix.Fsopen("tmpfs", unix.FSOPEN_CLOEXEC)
	if err != nil {
		return nil, fmt.Errorf("cannot make a tmpfs: %w", mounts.Explain(err))
	}
	defer unix.Close(context)
	for _, option := range [][2]string{
		{"source", owned(os.Getpid())}, {"mode", "0755"}, {"size", "64k"}, {"nr_inodes", "4k"},
	} {
		if err := unix.FsconfigSetString(context, option[0], option[1]); err != nil {
			return nil, fmt.Errorf("cannot make a tmpfs with %s=%s: %w", option[0], option[1], err)
		}
	}
	if err := unix.FsconfigCreate(context); err != nil {
		return nil, fmt.Errorf("cannot make a tmpfs: %w", mounts.Explain(err))
	}
	const attributes = unix.MOUNT_ATTR_NOSUID | unix.MOUNT_ATTR_NODEV | unix.MOUNT_ATTR_NOEXEC
	mount, err := unix.Fsmount(context, unix.FSMOUNT_CLOEXEC, attributes)
	if err != nil {
		return nil, fmt.Errorf("cannot make a tmpfs: %w", mounts.Explain(err))
	}
	return os.NewFile(uintptr(mount), "tmpfs"), nil
}

// owned is the source that the tmpfs of process pid shows.
func owned(pid int) string { return sysctlfs.Source + ":" + strconv.Itoa(pid) }

// cloneMounts copies the mount at path, with all that is mounted below it.
func cloneMounts(path string) (*os.File, error) {
	tree, err := unix.OpenTree(unix.AT_FDCWD, path, unix.OPEN_TREE_CLONE|unix.OPEN_TREE_CLOEXEC|unix.AT_RECURSIVE)
	if err != nil {
		return nil, fmt.Errorf("cannot clone the mounts of %s: %w", path, mounts.Explain(err))
	}
	return os.NewFile(uintptr(tree), path), nil
}

// move attaches a detached mount at path.
func move(mount *os.File, path string) error {
	err := unix.MoveMount(int(mount.Fd()), "", unix.AT_FDCWD, path, unix.MOVE_MOUNT_F_EMPTY_PATH)
	if err != nil {
		return fmt.Errorf("cannot mount on %s: %w", path, mounts.Explain(err))
	}
	return nil
}
