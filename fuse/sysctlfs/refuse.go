package sysctlfs

import (
	"syscall"

	"github.com/hanwen/go-fuse/v2/fuse"
)

// procfs has no operation that makes a name, and its lookup of the new name has
// failed before the kernel could say so: hence ENOENT. Names that exist are
// protected by the directory's mode, from which root is not exempt: EACCES.

func (s *server) Create(<-chan struct{}, *fuse.CreateIn, string, *fuse.CreateOut) fuse.Status {
	return fuse.ENOENT
}

func (s *server) Tmpfile(<-chan struct{}, *fuse.CreateIn, *fuse.CreateOut) fuse.Status {
	return fuse.EACCES
}

func (s *server) Mknod(<-chan struct{}, *fuse.MknodIn, string, *fuse.EntryOut) fuse.Status {
	return fuse.ENOENT
}

func (s *server) Mkdir(<-chan struct{}, *fuse.MkdirIn, string, *fuse.EntryOut) fuse.Status {
	return fuse.ENOENT
}

func (s *server) Symlink(<-chan struct{}, *fuse.InHeader, string, string, *fuse.EntryOut) fuse.Status {
	return fuse.ENOENT
}

func (s *server) Link(<-chan struct{}, *fuse.LinkIn, string, *fuse.EntryOut) fuse.Status {
	return fuse.ENOENT
}

func (s *server) Unlink(<-chan struct{}, *fuse.InHeader, string) fuse.Status {
	return fuse.EACCES
}

func (s *server) Rmdir(<-chan struct{}, *fuse.InHeader, string) fuse.Status {
	return fuse.EACCES
}

func (s *server) Rename(_ <-chan struct{}, in *fuse.RenameIn, _ string, name string) fuse.Status {
	if to := s.inode(in.Newdir); to != nil && to.children[name] != nil {
		return fuse.EACCES
	}
	return fuse.ENOENT
}

func (s *server) Fsync(<-chan struct{}, *fuse.FsyncIn) fuse.Status {
	return fuse.EINVAL
}

func (s *server) FsyncDir(<-chan struct{}, *fuse.FsyncIn) fuse.Status {
	return fuse.EINVAL
}

// Lseek is asked for SEEK_DATA and SEEK_HOLE only; a file of size 0 has neither.
func (s *server) Lseek(<-chan struct{}, *fuse.LseekIn, *fuse.LseekOut) fuse.Status {
	return fuse.Status(syscall.ENXIO)
}

func (s *server) Ioctl(<-chan struct{}, *fuse.IoctlIn, []byte, *fuse.IoctlOut, []byte) fuse.Status {
	return fuse.Status(syscall.ENOTTY)
}
