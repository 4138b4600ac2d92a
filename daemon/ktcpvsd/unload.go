package main

import (
	"context"

	"ktcpvs/daemon/control"
	"ktcpvs/daemon/klog"
	"ktcpvs/daemon/knob"
	"ktcpvs/daemon/loop"
)

// unloader does what the knob unload asks for: it stops every service, waits
// for their connections, flushes the table, and says so in the original's last
// words. Setting the knob back to 0 before that ends the wait.
type unloader struct {
	changed chan int32
	done    chan struct{}
	cancel  context.CancelFunc
}

func newUnloader(knobs *knob.Knobs, ctl *control.Control, group *loop.Group, log *klog.Logger) *unloader {
	ctx, cancel := context.WithCancel(context.Background())
	u := &unloader{changed: make(chan int32, 1), done: make(chan struct{}), cancel: cancel}
	knobs.Unload.OnChange(func(_, value int32) {
		select {
		case <-u.changed: // only the latest value counts
		default:
		}
		u.changed <- value
	})
	go func() {
		defer close(u.done)
		u.run(ctx, ctl, group, log)
	}()
	return u
}

func (u *unloader) stop() {
	u.cancel()
	<-u.done
}

func (u *unloader) run(ctx context.Context, ctl *control.Control, group *loop.Group, log *klog.Logger) {
	value := int32(0)
	for {
		for value == 0 {
			select {
			case <-ctx.Done():
				return
			case value = <-u.changed:
			}
		}
		waiting, giveUp := context.WithCancel(ctx)
		ended := make(chan struct{})
		go func() {
			defer close(ended)
			unload(waiting, ctl, group, log)
		}()
		select {
		case <-ctx.Done():
		case value = <-u.changed:
		}
		giveUp()
		<-ended
		if ctx.Err() != nil {
			return
		}
	}
}

func unload(ctx context.Context, ctl *control.Control, group *loop.Group, log *klog.Logger) {
	log.Say(klog.Daemon, "unloading: stopping every service")
	if err := ctl.Stop(""); err != nil {
		log.Say(klog.Announce, "cannot stop the services", "err", err)
		return
	}
	if group.Wait(ctx) != nil {
		return
	}
	if err := ctl.Flush(); err != nil {
		log.Say(klog.Announce, "cannot flush the table", "err", err)
		return
	}
	log.Say(klog.Announce, "The master daemon stopped. You can unload the module now.")
}
