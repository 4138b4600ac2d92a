package sysctlfs

import (
	"sync"
	"syscall"
	"time"

	"github.com/hanwen/go-fuse/v2/fuse"
)

// server answers the kernel's requests for a fixed tree. What is not here gets
// ENOSYS from the embedded default, which the kernel turns into the right
// answer itself (xattrs: EOPNOTSUPP; flush, access, statx: done without us).
type server struct {
	fuse.RawFileSystem
	inodes []*inode
	// keepListings lets the kernel list directories from its own memory, even
	// when the server is gone: answering OPENDIR with ENOSYS says so (Linux 5.1).
	keepListings bool

	mu      sync.Mutex
	handles map[uint64]handle
	next    uint64

	others others
}

func newServer(root *Dir) *server {
	return &server{
		RawFileSystem: fuse.NewDefaultRawFileSystem(),
		inodes:        number(root, time.Now()),
		keepListings:  root.lasting,
		handles:       make(map[uint64]handle),
	}
}

func (s *server) String() string { return subtype }

// inode finds what the kernel names by a number that it was given by us; a
// number it cannot have been given is nil.
func (s *server) inode(id uint64) *inode {
	if index := id - fuse.FUSE_ROOT_ID; index < uint64(len(s.inodes)) {
		return s.inodes[index]
	}
	return nil
}

func (s *server) Lookup(_ <-chan struct{}, in *fuse.InHeader, name string, out *fuse.EntryOut) fuse.Status {
	parent := s.inode(in.NodeId)
	if parent == nil {
		return fuse.Status(syscall.ESTALE)
	}
	child := parent.children[name]
	if child == nil {
		return fuse.ENOENT
	}
	out.NodeId = child.id
	child.fill(&out.Attr)
	out.SetEntryTimeout(child.validity)
	out.SetAttrTimeout(child.validity)
	return fuse.OK
}

func (s *server) GetAttr(_ <-chan struct{}, in *fuse.GetAttrIn, out *fuse.AttrOut) fuse.Status {
	i := s.inode(in.NodeId)
	if i == nil {
		return fuse.Status(syscall.ESTALE)
	}
	i.fill(&out.Attr)
	out.SetTimeout(i.validity)
	return fuse.OK
}

// SetAttr refuses what proc_sys_setattr refuses, a mode or an owner. A new size
// is harmless and changes nothing: so O_TRUNC works.
func (s *server) SetAttr(cancel <-chan struct{}, in *fuse.SetAttrIn, out *fuse.AttrOut) fuse.Status {
	i := s.inode(in.NodeId)
	if i == nil {
		return fuse.Status(syscall.ESTALE)
	}
	if in.Valid&(fuse.FATTR_MODE|fuse.FATTR_UID|fuse.FATTR_GID) != 0 {
		return fuse.EPERM
	}
	i.touch(in, time.Now())
	i.fill(&out.Attr)
	out.SetTimeout(i.validity)
	return fuse.OK
}

func (s *server) Open(_ <-chan struct{}, in *fuse.OpenIn, out *fuse.OpenOut) fuse.Status {
	i := s.inode(in.NodeId)
	if i == nil || i.file == nil {
		return fuse.Status(syscall.ESTALE)
	}
	if in.Flags&syscall.O_DIRECT != 0 {
		return fuse.EINVAL
	}
	// The kernel's check lets root pass; a sysctl's mode binds root too.
	if i.mode&0o222 == 0 && in.Flags&syscall.O_ACCMODE != syscall.O_RDONLY {
		return fuse.EACCES
	}
	h, errno := s.open(i.file, in.Uid)
	if errno != 0 {
		return fuse.Status(errno)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.next++
	s.handles[s.next] = h
	out.Fh = s.next
	// Nothing may be cached, and reads go past the size, which is 0.
	out.OpenFlags = fuse.FOPEN_DIRECT_IO
	return fuse.OK
}

func (s *server) open(file node, uid uint32) (handle, syscall.Errno) {
	if report, is := file.(reportFile); is && uid != 0 {
		return s.others.open(report)
	}
	return file.open()
}

func (s *server) handle(fh uint64) handle {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.handles[fh]
}

func (s *server) Read(_ <-chan struct{}, in *fuse.ReadIn, _ []byte) (fuse.ReadResult, fuse.Status) {
	h := s.handle(in.Fh)
	if h == nil {
		return nil, fuse.EBADF
	}
	return fuse.ReadResultData(h.read(int(in.Size), int64(in.Offset))), fuse.OK
}

func (s *server) Write(_ <-chan struct{}, in *fuse.WriteIn, data []byte) (uint32, fuse.Status) {
	h := s.handle(in.Fh)
	if h == nil {
		return 0, fuse.EBADF
	}
	n, errno := h.write(data, int64(in.Offset), in.Flags&syscall.O_APPEND != 0, writer{in.Uid, int32(in.Pid)})
	return uint32(n), fuse.Status(errno)
}

func (s *server) Release(_ <-chan struct{}, in *fuse.ReleaseIn) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.others.release(s.handles[in.Fh])
	delete(s.handles, in.Fh)
}

func (s *server) OpenDir(_ <-chan struct{}, _ *fuse.OpenIn, _ *fuse.OpenOut) fuse.Status {
	if s.keepListings {
		return fuse.ENOSYS
	}
	return fuse.OK
}

func (s *server) ReadDir(_ <-chan struct{}, in *fuse.ReadIn, out *fuse.DirEntryList) fuse.Status {
	i := s.inode(in.NodeId)
	if i == nil {
		return fuse.Status(syscall.ESTALE)
	}
	i.list(out)
	return fuse.OK
}

func (s *server) StatFs(_ <-chan struct{}, _ *fuse.InHeader, out *fuse.StatfsOut) fuse.Status {
	out.Bsize, out.Frsize, out.NameLen = pageBytes, pageBytes, 255
	return fuse.OK
}
