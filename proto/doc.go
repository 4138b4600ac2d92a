// Package proto owns what tcpvsadm and ktcpvsd say to each other: the generic
// netlink family, its commands and attributes, the values they carry, and the
// table that turns an errno into the words the original used. It turns bytes
// into values and values into bytes; it never does IO.
package proto
