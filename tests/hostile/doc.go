// Package hostile tests what hostile clients and a table in motion may do to
// the traffic of others: the daemon and tcpvsadm as built, with real sockets.
// What is compared took turns in one run, and a p99 below 2 ms counts as 2 ms:
// on cores that are shared, one turn of somebody else takes that long.
package hostile
