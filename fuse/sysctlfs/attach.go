package sysctlfs

import (
	"errors"
	"fmt"
	"log"
	"os"

	"github.com/hanwen/go-fuse/v2/fuse"
	"golang.org/x/sys/unix"

	"ktcpvs/fuse/mounts"
)

const (
	// Source is what the first column of mount(8) shows for this project's mounts.
	Source = "ktcpvs"
	// Type is their file-system type.
	Type = "fuse." + subtype

	subtype = "ktcpvs"
	// requestBytes bounds one read or write request. A longer write is split by
	// the kernel, and only its first part can be a value.
	requestBytes = 32 << 10
)

// Options are for what the operator may want to see.
type Options struct {
	Log *log.Logger // where the FUSE protocol's own troubles go; nil: log.Default()
}

// Attach mounts root on dir, which must exist, with the calling thread's mount
// namespace and privileges, and serves it. The channel is closed once the last
// mount of it, in whatever namespace, is gone. It looks at nothing that is
// mounted on dir already; Mount does.
func Attach(dir string, root *Dir, o Options) (<-chan struct{}, error) {
	device, err := unix.Open("/dev/fuse", unix.O_RDWR|unix.O_CLOEXEC, 0)
	if err != nil {
		return nil, fmt.Errorf("cannot open /dev/fuse: %w", explainDevice(err))
	}
	// The mount is ours, not go-fuse's: no fusermount is needed, and the path is
	// resolved on this thread. The kernel checks modes (default_permissions).
	data := fmt.Sprintf("fd=%d,rootmode=%o,user_id=%d,group_id=%d,max_read=%d,default_permissions,allow_other",
		device, unix.S_IFDIR, os.Geteuid(), os.Getegid(), requestBytes)
	const flags = unix.MS_NOSUID | unix.MS_NODEV | unix.MS_NOEXEC | unix.MS_RELATIME
	if err := unix.Mount(Source, dir, Type, flags, data); err != nil {
		unix.Close(device)
		return nil, fmt.Errorf("cannot mount FUSE on %s: %w", dir, mounts.Explain(err))
	}
	// go-fuse takes the descriptor, and answers the kernel's first request.
	conn, err := fuse.NewServer(newServer(root), fmt.Sprintf("/dev/fd/%d", device), &fuse.MountOptions{
		Name:               subtype,
		Logger:             o.Log,
		MaxWrite:           requestBytes,
		DisableReadDirPlus: true,
		DisableSplice:      true, // of texts that are in memory anyway
	})
	if err != nil {
		return nil, errors.Join(fmt.Errorf("cannot serve FUSE on %s: %w", dir, err), unix.Unmount(dir, unix.MNT_DETACH))
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		conn.Serve()
	}()
	return done, nil
}

func explainDevice(err error) error {
	switch {
	case errors.Is(err, unix.ENOENT), errors.Is(err, unix.ENXIO), errors.Is(err, unix.ENODEV):
		return fmt.Errorf("%w: load the fuse module (modprobe fuse), or give the container the device", err)
	case errors.Is(err, unix.EPERM), errors.Is(err, unix.EACCES):
		return fmt.Errorf("%w: allow the device in the container or the unit (DeviceAllow=/dev/fuse rw)", err)
	}
	return err
}
