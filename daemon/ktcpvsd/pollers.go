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

// auto takes io_uring where the kernel and its administrator allow it.
func auto() (poll.Poller, error) {
	if p, err := poll.NewUring(); err == nil {
		return p, nil
	}
	return poll.NewEpoll()
}
