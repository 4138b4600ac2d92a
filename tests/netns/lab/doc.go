// Package lab makes what the tests beside it need of the world: hosts of their
// own, which are network and mount namespaces; the wires between them; and on
// them the real daemon, the real tcpvsadm, nginx and other servers, and
// clients. Whatever it makes goes with the test, also when that fails or is
// killed: nothing has a name outside of the namespaces. It judges nothing but
// that the daemon starts, stops and does not panic.
package lab
