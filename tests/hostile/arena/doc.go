// Package arena makes what the tests beside it need: a network of their own,
// the daemon and tcpvsadm as built, servers and clients that behave or do not,
// relays that inject faults, and the figures of a process. It judges nothing
// but that the daemon starts, stops and does not panic.
//
// The whole test process lives in a network namespace without any way out, in
// which only a loopback interface and an address that nobody answers at exist;
// so sysctls of the network, ports and netlink ports are its own.
package arena
