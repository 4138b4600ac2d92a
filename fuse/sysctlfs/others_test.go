package sysctlfs

import (
	"strings"
	"syscall"
	"testing"

	"github.com/hanwen/go-fuse/v2/fuse"
)

type constant string

func (constant) Name() string            { return "services" }
func (c constant) Read() ([]byte, error) { return []byte(c), nil }

// opens opens the only report of s as a user.
func opens(s *server, uid uint32) (fh uint64, status fuse.Status) {
	in, out := fuse.OpenIn{}, fuse.OpenOut{}
	in.NodeId, in.Uid = fuse.FUSE_ROOT_ID+1, uid
	status = s.Open(nil, &in, &out)
	return out.Fh, status
}

func TestOpenReportsOfOthersThanRootAreBounded(t *testing.T) {
	const each = 1 << 20
	s := newServer(Reports([]File{constant(strings.Repeat("x", each))}))
	var last uint64
	for i := range heldByOthers / each {
		fh, status := opens(s, 1000+uint32(i))
		if status != fuse.OK {
			t.Fatalf("report %d: %v", i, status)
		}
		last = fh
	}
	if _, status := opens(s, 1000); status != fuse.Status(syscall.ENFILE) {
		t.Errorf("one too many: %v", status)
	}
	if _, status := opens(s, 0); status != fuse.OK {
		t.Errorf("root: %v", status)
	}
	for range 2 { // the second time there is nothing to give back
		s.Release(nil, &fuse.ReleaseIn{Fh: last})
	}
	if _, status := opens(s, 1000); status != fuse.OK {
		t.Errorf("after one was closed: %v", status)
	}
	if _, status := opens(s, 1000); status != fuse.Status(syscall.ENFILE) {
		t.Errorf("one too many again: %v", status)
	}
}
