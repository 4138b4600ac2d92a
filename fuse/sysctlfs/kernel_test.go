package sysctlfs

import (
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"ktcpvs/fuse/fusetest"
)

// realKnob is a sysctl of the kernel's that is nothing but proc_dointvec over
// one int, and belongs to the network namespace.
const realKnob = "/proc/sys/net/ipv4/tcp_max_syn_backlog"

// mountKnobs serves a knob named as the real one and a second one beside it.
func mountKnobs(t *testing.T, others ...Knob) string {
	t.Helper()
	knobs := append([]Knob{
		&fusetest.Knob{Label: filepath.Base(realKnob)},
		&fusetest.Knob{Label: "tcp_app_win"},
	}, others...)
	mounted, err := Mount(filepath.Join(t.TempDir(), "net"), Knobs(knobs), Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := mounted.Unmount(); err != nil {
			t.Error(err)
		}
	})
	return mounted.Dir()
}

// compare does the same to the kernel's file and to ours.
func compare(t *testing.T, operations []operation) {
	t.Helper()
	dir := mountKnobs(t)
	theirs, ours := make([]operation, 0, 2*len(operations)), make([]operation, 0, 2*len(operations))
	for _, o := range operations {
		// Each from the same value.
		for _, o := range []operation{{Do: "write", Text: []byte("33")}, o} {
			o.Path = realKnob
			theirs = append(theirs, o)
			o.Path = filepath.Join(dir, filepath.Base(realKnob))
			ours = append(ours, o)
		}
	}
	want, got := probe(t, theirs), probe(t, ours)
	for i := range want {
		if got[i] != want[i] {
			o := ours[i]
			t.Errorf("%s %q at %d (flags %#x):\n     ours %+v\n  kernel %+v", o.Do, shorten(string(o.Text)), o.Offset, o.Flags, got[i], want[i])
		}
	}
	t.Logf("%d operations compared", len(operations))
}

func TestWritesHaveTheKernelsEffect(t *testing.T) {
	if !fusetest.Namespaced(t, fusetest.Private) {
		return
	}
	var texts []string
	for _, c := range accepted {
		texts = append(texts, c.text)
	}
	texts = append(texts, refused...)
	for c := range 256 {
		b := string([]byte{byte(c)})
		texts = append(texts, b, b+"7", "7"+b, "7"+b+"\n", "7 "+b, "-"+b, "0"+b, "0x"+b, "0"+b+"1")
	}
	for length := range 30 {
		texts = append(texts, strings.Repeat("0", length)+"1", "-"+strings.Repeat("0", length)+"1\n", "0x"+strings.Repeat("0", length)+"1 ",
			strings.Repeat("9", length), "0x"+strings.Repeat("f", length), strings.Repeat("7", length)+"8", "0"+strings.Repeat("7", length))
	}
	for _, blanks := range []int{4093, 4094, 4095, 4096, 4097, 20000} {
		pad := strings.Repeat(" ", blanks)
		texts = append(texts, pad, pad+"5", "5"+pad, "5"+pad+"6", "5"+pad+"x", pad+"51", pad+"5x")
	}
	for shift := range 66 {
		for _, delta := range []int64{-1, 0, 1} {
			value := strconv.FormatUint(uint64(1)<<(shift%64)+uint64(delta), 10)
			texts = append(texts, value, "-"+value)
		}
	}
	var operations []operation
	for _, text := range texts {
		operations = append(operations, operation{Do: "write", Text: []byte(text)})
	}
	compare(t, operations)
}

func TestOffsetsAndOpenFlagsHaveTheKernelsEffect(t *testing.T) {
	if !fusetest.Namespaced(t, fusetest.Private) {
		return
	}
	var operations []operation
	for _, text := range []string{"44\n", "x", "", "4 5"} {
		for _, offset := range []int64{0, 1, 2, 3, 100, 5000} {
			operations = append(operations, operation{Do: "write", Text: []byte(text), Offset: offset})
		}
		for _, flags := range []int{unix.O_TRUNC, unix.O_APPEND, unix.O_APPEND | unix.O_TRUNC, unix.O_CREAT, unix.O_SYNC, unix.O_NONBLOCK} {
			operations = append(operations,
				operation{Do: "write", Text: []byte(text), Flags: flags},
				operation{Do: "write twice", Text: []byte(text), Flags: flags},
				operation{Do: "read then write", Text: []byte(text), Flags: flags})
		}
		operations = append(operations,
			operation{Do: "write twice", Text: []byte(text)},
			operation{Do: "read then write", Text: []byte(text)},
			operation{Do: "write read-only", Text: []byte(text)})
	}
	operations = append(operations,
		operation{Do: "read"}, operation{Do: "read", Offset: 3}, operation{Do: "read", Offset: 1000},
		operation{Do: "open", Flags: unix.O_CREAT | unix.O_EXCL}, operation{Do: "open", Flags: unix.O_DIRECTORY},
		operation{Do: "open", Flags: unix.O_DIRECT}, operation{Do: "open", Flags: unix.O_NOFOLLOW}, operation{Do: "open", Flags: unix.O_PATH})
	compare(t, operations)
}

func TestEverythingElseAnswersAsProcfsDoes(t *testing.T) {
	if !fusetest.Namespaced(t, fusetest.Private) {
		return
	}
	var operations []operation
	for _, do := range []string{
		"stat", "stat dir", "seek end", "seek data", "fsync", "ioctl", "fallocate", "poll",
		"chown", "chgrp", "chown dir", "create", "tmpfile", "lookup", "mkdir", "mkdir there", "mknod", "mkfifo",
		"symlink", "link", "unlink", "unlink nothing", "rename", "rename away",
		"setxattr", "getxattr", "removexattr", "touch", "stat",
	} {
		operations = append(operations, operation{Do: do})
	}
	for _, mode := range []int64{0, 0o600, 0o644, 0o777, 0o4755} {
		operations = append(operations, operation{Do: "chmod", Offset: mode}, operation{Do: "chmod dir", Offset: mode})
	}
	for _, size := range []int64{0, 1, 100} {
		operations = append(operations, operation{Do: "truncate", Offset: size}, operation{Do: "stat"})
	}
	for _, may := range []int64{unix.R_OK, unix.W_OK, unix.X_OK} {
		operations = append(operations, operation{Do: "access", Offset: may})
	}
	operations = append(operations, operation{Do: "rename over", Text: []byte("tcp_app_win")}, operation{Do: "rename over", Text: []byte("tcp_max_syn_backlog")})
	compare(t, operations)
}
