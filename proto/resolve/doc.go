// Package resolve finds what the names of hosts in a configuration stand for, as
// the system does: /etc/hosts, then DNS, and all of a file side by side in a time
// that is bounded. Tcpvsadm and the daemon read files by it.
package resolve
