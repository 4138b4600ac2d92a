// Package sysctlfs serves small control files over FUSE: knobs, which behave as
// the kernel's own integer sysctls under /proc/sys do, and reports, which are
// read-only texts as under /proc/net.
//
// It owns what a reader or writer of these files sees: the grammar of a write
// (kernel/sysctl.c, proc_dointvec), the errnos (fs/proc/proc_sysctl.c), modes,
// sizes and link counts. It does not know what a knob does, and imports nothing
// of the daemon. Putting a directory under /proc/sys is package graft's work.
//
// Every operation's meaning is the running kernel's, and tests compare the two
// side by side. The differences are meant:
//
//   - A read that continues another through the same open file gets the rest of
//     that value. procfs answers a continued read with end of file, so that a
//     shell which reads byte by byte sees only the first digit.
//   - A user without the right to write to the directory gets EACCES where
//     procfs would say ENOENT, and rmdir(2) of a file ENOTDIR where procfs would
//     say EACCES: the kernel checks FUSE directories in another order.
//   - One write is a value in its first 32 KiB.
//
// A process must not open files of its own mount: were its threads all waiting
// for the answer, none would be left to give it. Let a child process do it.
//
// Mounting and unmounting need CAP_SYS_ADMIN; it is enough to hold it permitted,
// see mounts.Privileged. Serving needs nothing.
package sysctlfs
