// Package privilege gives up what the daemon needs to start but not to serve:
// capabilities(7), the right to gain any by execve(2) (no_new_privs), and all
// system calls (seccomp(2)) but those that serving makes.
//
// What stays, and what for:
//
//	CAP_NET_ADMIN         effective: the kernel demands it of each answer to tcpvsadm (see proto/nlport)
//	CAP_NET_BIND_SERVICE  effective: services on ports below 1024, started at any time
//	CAP_SYS_ADMIN         permitted only: mounts.Privileged raises it on one thread to take a mount away
//
// What goes has one price: without CAP_SYS_RESOURCE the kernel makes pipes small
// past fs.pipe-user-pages-soft, which 128 of 512 KiB fill, and more bodies at once
// are copied.
//
// Limit gives up early what need not wait for Drop. All of it holds for every
// thread, those to come included. It never opens, mounts or serves anything, and
// nothing that it gives up can be had again.
package privilege
