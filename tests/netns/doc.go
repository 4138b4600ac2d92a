// Package netns tests the whole with nothing made up: the daemon and tcpvsadm
// as built, netlink and FUSE of the kernel, nginx and curl, each on a host of
// its own (package lab). Everything that the reference promises an operator is
// held here, table by table, and what clients may see when parts fail.
package netns
