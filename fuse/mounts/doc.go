// Package mounts asks the kernel about mounts and takes them away again: which
// mount a path leads to, who holds a place, and how one's own mount, and no
// other, is unmounted.
//
// It owns reading /proc/thread-self/mountinfo, advisory claims on a path, and raising
// CAP_SYS_ADMIN for the length of one call. It never makes a mount and never
// sends a request to a file system that a mount carries: every look is by
// O_PATH, which the kernel answers itself, so that a dead or a stopped FUSE
// server cannot make a caller wait.
package mounts
