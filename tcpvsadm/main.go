// Tcpvsadm is the operator's hand on the table of virtual services: it turns a
// command line into requests to ktcpvsd and the answers into text. It holds no
// state and takes no decision of its own; what a command line may say is the
// reference's sections 2 and 3.
//
// Exit status: 0, the command was carried out; 1, it failed (the daemon refused
// it, a name does not resolve, a file can not be read or is wrong), or --diff found
// something; 2, the command line is wrong, or --diff could not compare; 3, no daemon is there; 4, what was to be added exists already, or
// what was to be changed is not there.
package main

import (
	"io"
	"os"

	"ktcpvs/proto/client"
)

func main() {
	os.Exit(run(os.Args[1:], os.Stdin, os.Stdout, os.Stderr))
}

// run carries out one call and gives its exit status.
func run(args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	s := &session{
		in:      stdin,
		out:     stdout,
		err:     stderr,
		resolve: newResolver(),
		dial: func(o client.Options) (daemon, error) {
			return client.Dial(o)
		},
	}
	return report(stderr, s.run(args))
}
