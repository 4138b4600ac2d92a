package sysctlfs

import (
	"sync"
	"syscall"
	"time"

	"github.com/hanwen/go-fuse/v2/fuse"
)

// forGood is how long the kernel may believe what it was told of a lasting
// directory.
const forGood = 100 * 365 * 24 * time.Hour

// blockBytes is the block size that procfs names in stat(2).
const blockBytes = 1024

// inode is a file or a directory with the number that the kernel knows it by.
type inode struct {
	id       uint64
	parent   *inode
	mode     uint32
	validity time.Duration

	file node // nil for a directory

	unlisted bool
	names    []string
	children map[string]*inode

	mu                  sync.Mutex
	atime, mtime, ctime time.Time
}

// number gives dir and all below it inodes, dir itself the first.
func number(root *Dir, now time.Time) []*inode {
	var inodes []*inode
	add := func(parent *inode, mode uint32) *inode {
		i := &inode{id: uint64(len(inodes)) + fuse.FUSE_ROOT_ID, parent: parent, mode: mode, atime: now, mtime: now, ctime: now}
		inodes = append(inodes, i)
		return i
	}
	var addDir func(parent *inode, dir *Dir) *inode
	addDir = func(parent *inode, dir *Dir) *inode {
		i := add(parent, syscall.S_IFDIR|0o555)
		i.unlisted = dir.unlisted
		i.children = make(map[string]*inode, len(dir.entries))
		if dir.lasting {
			i.validity = forGood
		}
		for _, e := range dir.entries {
			i.names = append(i.names, e.name)
			if e.dir != nil {
				i.children[e.name] = addDir(i, e.dir)
				continue
			}
			child := add(i, syscall.S_IFREG|e.file.mode())
			child.file = e.file
			i.children[e.name] = child
		}
		return i
	}
	addDir(nil, root)
	return inodes
}

// fill writes the attributes as procfs shows them: no size, and one link, which
// for a directory means that its links are not counted.
func (i *inode) fill(attr *fuse.Attr) {
	i.mu.Lock()
	defer i.mu.Unlock()
	*attr = fuse.Attr{Ino: i.id, Mode: i.mode, Nlink: 1, Blksize: blockBytes}
	attr.SetTimes(&i.atime, &i.mtime, &i.ctime)
}

// touch takes the times of a utimensat(2).
func (i *inode) touch(in *fuse.SetAttrIn, now time.Time) {
	i.mu.Lock()
	defer i.mu.Unlock()
	if t, ok := in.GetATime(); ok {
		i.atime = t
	}
	if t, ok := in.GetMTime(); ok {
		i.mtime = t
	}
	i.ctime = now
}

// list appends the directory's entries from the list's offset on.
func (i *inode) list(out *fuse.DirEntryList) {
	if i.unlisted {
		return
	}
	above := i
	if i.parent != nil {
		above = i.parent
	}
	for at := int(out.Offset); at < len(i.names)+2; at++ {
		name, target := "", i
		switch at {
		case 0:
			name = "."
		case 1:
			name, target = "..", above
		default:
			name = i.names[at-2]
			target = i.children[name]
		}
		if !out.AddDirEntry(fuse.DirEntry{Name: name, Ino: target.id, Mode: target.mode, Off: uint64(at + 1)}) {
			return
		}
	}
}
