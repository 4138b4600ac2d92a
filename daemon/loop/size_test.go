package loop

import (
	"testing"
	"unsafe"
)

// TestAnIdleConnectionOwnsLittle bounds the memory of a client between
// requests, which holds no buffer: its session and its connection.
func TestAnIdleConnectionOwnsLittle(t *testing.T) {
	const bound = 1024
	size := unsafe.Sizeof(session{}) + unsafe.Sizeof(conn{})
	t.Logf("%d bytes: session %d, connection %d", size, unsafe.Sizeof(session{}), unsafe.Sizeof(conn{}))
	if size > bound {
		t.Errorf("an idle connection owns %d bytes, expected %d at most", size, bound)
	}
}
