package main

import (
	"os"
	"path/filepath"

	"golang.org/x/sys/unix"
)

const (
	ownNamespace   = "/proc/self/ns/net"
	firstNamespace = "/proc/1/ns/net"
	namedOnes      = "/run/netns" // where ip-netns(8) keeps them
	usualStateDir  = "/var/lib/ktcpvs"
)

// namespaceNumber is the inode of the network namespace, which no other has as long
// as it is there; 0 without /proc.
func namespaceNumber() uint64 {
	var stat unix.Stat_t
	if unix.Stat(ownNamespace, &stat) != nil {
		return 0
	}
	return stat.Ino
}

// namespaceName is what ip-netns(8) calls the network namespace, "" where it has no
// name or is that of the first process, which is the machine's whatever it is called.
// Who may not see that of the first process goes by the name.
func namespaceName() string {
	own, err := os.Stat(ownNamespace)
	if err != nil {
		return ""
	}
	if first, err := os.Stat(firstNamespace); err == nil && os.SameFile(own, first) {
		return ""
	}
	entries, err := os.ReadDir(namedOnes)
	if err != nil {
		return ""
	}
	for _, e := range entries {
		if named, err := os.Stat(filepath.Join(namedOnes, e.Name())); err == nil && os.SameFile(own, named) {
			return e.Name()
		}
	}
	return ""
}

// stateDirOf is where a daemon keeps its table if nobody says where. That of a named
// network namespace has a place of its own: what one network's daemon has kept must
// not come up in another, whichever starts first.
func stateDirOf(namespace string) string {
	if namespace == "" {
		return usualStateDir
	}
	return filepath.Join(usualStateDir, "netns-"+namespace)
}
