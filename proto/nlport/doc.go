// Package nlport carries datagrams between processes over AF_NETLINK: Dial is
// a client's end, Listen the daemon's. It knows port ids, the kernel's word on
// who sent what, and how a full receiver shows; what the bytes mean is not its
// business.
//
// Only kernel code may register a generic netlink family, but processes may
// send each other netlink messages by port id. The kernel demands CAP_NET_ADMIN
// over the network namespace of whoever sends to a port id that is not its own
// (net/netlink/af_netlink.c, NL_CFG_F_NONROOT_SEND), and each network namespace
// has its own port ids.
package nlport
