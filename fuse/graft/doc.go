// Package graft puts a directory of knobs at /proc/sys/net/ktcpvs, where the
// kernel module had them, so that old scripts run unchanged.
//
// procfs takes no new names, so a small tmpfs covers /proc/sys/net:
//
//	/proc/sys/net            tmpfs, read-only, source "ktcpvs:PID"
//	    core   -> .sys/proc/sys/net/core      one link for each old name
//	    ipv4   -> .sys/proc/sys/net/ipv4
//	    ktcpvs -> .sys/ktcpvs
//	    .sys                 FUSE: lists nothing, knows two names
//	        proc             the mounts of /proc as they were, taken along
//	        ktcpvs           the knobs
//
// Nothing is listed twice, because .sys lists nothing; the network namespace is
// the reader's, because the old names lead into procfs itself; sysctl(8), which
// refuses paths that leave /proc/sys, finds them inside; and because what the
// kernel knows of .sys is valid for good, all old names keep working when the
// server is killed. /proc is taken along whole, not its sys/net alone: a user
// namespace may mount a procfs of its own only while an uncovered one is in
// sight (mount_too_revealing in fs/namespace.c), and rootless containers need that.
//
// The tree is built in a mount namespace of its own and appears at once, in one
// move_mount(2): nobody sees half of it. Mount namespaces that /proc propagates
// to get it too, and lose it again with Undo. Among them are sandboxes that were
// made before and have /proc/sys read-only (systemd's ProtectKernelTunables):
// there procfs can then be written through .sys by who may write to it at all.
// Where that matters, start the daemon first, or do not graft. A daemon that is
// itself in a mount namespace of its own grafts for that namespace only.
//
// The names are those of the daemon's network namespace. A name that a module
// brings later is linked within seconds, one that goes is unlinked; a reader in
// a namespace that lacks one of them finds a link that leads nowhere.
//
// A living daemon holds a lock on a file of the tmpfs, which lies below the mount
// on .sys and which nobody but root could open. A graft whose lock is free is
// stale: it is replaced by Make and removed by UndoStale. One that is held is
// never touched, nor is any other mount.
//
// Make and Undo need CAP_SYS_ADMIN, and it suffices to hold it permitted (see
// mounts.Privileged); in between nothing but user 0, without any capability, is
// needed. Linux 5.12 or newer.
package graft
