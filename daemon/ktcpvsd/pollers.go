package main

import (
	"ktcpvs/daemon/poll"
)

// pollers are the kernel interfaces by the name they have on the command line.
var pollers = map[string]func() (poll.Poller, error){
	"auto":     auto,
	"epoll":    func() (poll.Poller, error) { return poll.NewEpoll() },
	"io_uring": func() (poll.Poller, error) { return poll.NewUring() },
}

// auto is what measured best: receiving by completion costs more than it saves
// as long as sends are made one by one (CONTRIBUTING.md, the data plane).
func auto() (poll.Poller, error) { return poll.NewEpoll() }
