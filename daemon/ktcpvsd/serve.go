package main

import (
	"context"
	"fmt"
	"io"
	"log"
	"os"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"time"

	"golang.org/x/sys/unix"

	"ktcpvs/daemon/control"
	"ktcpvs/daemon/klog"
	"ktcpvs/daemon/knob"
	"ktcpvs/daemon/loop"
	"ktcpvs/daemon/match"
	"ktcpvs/daemon/privilege"
	"ktcpvs/daemon/sched"
	"ktcpvs/daemon/table"
	"ktcpvs/fuse/graft"
	"ktcpvs/fuse/sysctlfs"
	"ktcpvs/proto"
	"ktcpvs/proto/nlport"
)

// serve runs the daemon until a signal ends it:
//
//	knobs -> log -> state directory -> table -> loops -> control, what was kept,
//	the configuration file -> sysctl files, reports
//	      -> privileges given up -> ready
//	... and back, when SIGTERM or SIGINT comes
func serve(o options) error {
	signals := catchSignals()
	defer signals.stop()

	place, err := takeRunDir(o.runDir, o.usualRunDir, o.nlport)
	if err != nil {
		return err
	}
	defer place.leave()
	pid, err := writePID(place.path)
	if err != nil {
		return err
	}
	defer pid.remove()

	if o.sandbox != "none" {
		privilege.Limit()
	}
	knobs := knob.New()
	out, err := logTarget(o.format)
	if err != nil {
		return err
	}
	queue := klog.NewQueue(out, o.format)
	defer queue.Close(time.Second)
	// printk of the original took no debug_level from its announcements.
	level := func() int32 { return max(klog.Announce, knobs.DebugLevel.Get()) }
	logger := klog.New(klog.Options{Format: o.format, Target: queue, Level: level})
	go signals.tell(logger)

	listener, err := nlport.Listen(o.nlport)
	if err != nil {
		return err
	}
	defer listener.Close()
	if place.path != o.runDir {
		logger.Say(klog.Announce, "the run directory is that of a daemon in another network namespace, and this one has its own below it",
			"dir", place.path, "pid", place.other)
	}
	kept, err := openKeeping(o.stateDir, logger)
	if err != nil {
		return err
	}
	defer kept.close()

	registry := sched.NewRegistry()
	store := table.NewStore(registry, o.loops, match.DefaultLimits())

	veil, fresh, instead, err := readVeil(place.path)
	if err != nil {
		return err
	}
	started := false
	defer func() {
		if fresh && !started { // no cookie has been made with it
			os.Remove(filepath.Join(place.path, keyName))
		}
	}()
	if instead != nil {
		logger.Say(klog.Announce, "the session cookies have a new secret, which ends the sessions of chttp", "because", instead)
	}
	if os.Getenv("GOGC") == "" {
		// Only building large tables makes garbage, and each collection keeps
		// event loops waiting for their core: fewer of them, for some memory.
		debug.SetGCPercent(400)
	}
	// One more than the loops, which hold theirs while they wait.
	runtime.GOMAXPROCS(max(runtime.GOMAXPROCS(0), o.loops+1))
	group, err := loop.NewGroup(loop.Config{Loops: o.loops, Open: pollers[o.poll], Store: store, Knobs: knobs, Log: logger, Veil: veil, Via: pseudonym()})
	if err != nil {
		return err
	}
	defer group.Close()

	routes, err := control.NewRoutes()
	if err != nil {
		return err
	}
	defer routes.Close()
	ctl := control.New(store, registry, knobs, group, logger, routes.Local)
	unable, err := kept.restore(ctl)
	if err != nil {
		return err
	}
	config := &configuration{o.config, ctl, logger}
	status := config.begin(unable)

	answering, stopAnswering := context.WithCancel(context.Background())
	answered, yielded, serving := make(chan error, 1), make(chan struct{}, 2), make(chan struct{})
	go func() {
		yieldToTraffic()
		yielded <- struct{}{}
		answered <- ctl.Serve(answering, listener)
	}()
	go func() {
		yieldToTraffic()
		yielded <- struct{}{}
		<-serving
		config.follow(signals.reload)
	}()
	<-yielded // they may no more once privileges are given up
	<-yielded
	defer func() {
		stopAnswering()
		<-answered
	}()

	unloader := control.NewUnloader(ctl, group.Wait)
	defer unloader.Stop()

	fuseLog := sysctlfs.Options{Log: log.New(sayer{logger}, "", 0)}
	served, err := graft.Serve(o.sysctlDir, place.path, knobFiles(knobs, ctl), fuseLog)
	if err != nil {
		return err
	}
	defer undo(logger, "the sysctl files", served.Undo)
	switch {
	case served.Why != nil && served.Dir == "":
		logger.Say(klog.Announce, "there are no sysctl files and no reports; tcpvsadm has the knobs and the statistics", "because", served.Why)
	case served.Why != nil:
		logger.Say(klog.Announce, "the sysctl files are not at their usual place", "dir", served.Dir, "because", served.Why)
	}
	if served.Dir != "" {
		reports, err := serveReports(place.path, store, group, fuseLog)
		if err != nil {
			return err
		}
		defer undo(logger, "the reports", reports.Unmount)
	}

	if err := pid.ready(); err != nil {
		return err
	}
	if o.sandbox != "none" {
		dropped := privilege.Drop(privilege.Options{Mounts: served.Dir != "", Keeps: kept.dir != nil, AllCalls: o.sandbox != "full"})
		for _, err := range dropped.Missed {
			logger.Say(klog.Announce, "a privilege could not be given up", "err", err)
		}
		logger.Say(klog.Daemon, "privileges are given up", "kept", dropped.Kept, "filtered", dropped.Filtered,
			"bounding set left", dropped.Bounding)
	}
	logger.Say(klog.Announce, "TCP Virtual Server ready", "version", proto.Version, "pid", os.Getpid(),
		"loops", o.loops, "poll", group.Poller(), "sysctl", served.Dir)
	started = true
	ready(status)
	close(serving)

	select {
	case s := <-signals.end:
		logger.Say(klog.Announce, "stopping", "signal", s.String(), "drain", o.drain.String())
	case err := <-answered:
		answered <- err
		return fmt.Errorf("netlink: %w", err)
	}
	notify("STOPPING=1")
	drain(o, ctl, group, logger, signals.end)
	return nil
}

// yieldToTraffic keeps the calling goroutine on a thread of low priority for the
// rest of its life: building a large table must not take the event loops' turns.
// Its turns are short, because Linux lets a turn end before it looks at who else
// has woken up (since 6.12 a thread may say how long they are).
func yieldToTraffic() {
	runtime.LockOSThread()
	const nice, turn = 10, 100 * time.Microsecond
	attr := unix.SchedAttr{Size: unix.SizeofSchedAttr, Nice: nice, Runtime: uint64(turn)}
	if unix.SchedSetAttr(0, &attr, 0) != nil {
		unix.Setpriority(unix.PRIO_PROCESS, unix.Gettid(), nice) // at worst it stays as it was
	}
}

// drain lets what is open finish until the deadline or a second signal.
func drain(o options, ctl *control.Control, group *loop.Group, logger *klog.Logger, signals <-chan os.Signal) {
	ctl.Shutdown()
	ctx, cancel := context.WithTimeout(context.Background(), o.drain)
	defer cancel()
	go func() {
		select {
		case <-signals:
			cancel()
		case <-ctx.Done():
		}
	}()
	if group.Wait(ctx) != nil {
		logger.Say(klog.Announce, "closing what is still open", "connections", group.Sessions())
	}
}

func undo(logger *klog.Logger, what string, f func() error) {
	if err := f(); err != nil {
		logger.Say(klog.Announce, "cannot undo "+what, "err", err)
	}
}

// logTarget opens where the log goes.
func logTarget(format klog.Format) (io.Writer, error) {
	if format != klog.Kmsg {
		return os.Stderr, nil
	}
	f, err := os.OpenFile("/dev/kmsg", os.O_WRONLY, 0)
	if err != nil {
		return nil, fmt.Errorf("cannot write to the kernel log: %w; use --log=text", err)
	}
	return f, nil
}

// knobFiles are the knobs as the sysctl files know them.
func knobFiles(knobs *knob.Knobs, ctl *control.Control) []sysctlfs.Knob {
	var files []sysctlfs.Knob
	for _, k := range knobs.All() {
		files = append(files, knobFile{k, ctl})
	}
	return files
}

// knobFile is a knob of which a change is one like any other.
type knobFile struct {
	*knob.Knob
	ctl *control.Control
}

// Set implements sysctlfs.Knob.
func (f knobFile) Set(value int64, uid uint32, pid int32) error {
	return f.ctl.SetKnob(uid, pid, f.Name(), value)
}

// sayer lets libraries that want a log.Logger write to ours.
type sayer struct{ log *klog.Logger }

func (s sayer) Write(line []byte) (int, error) {
	s.log.Say(klog.Fault, string(line))
	return len(line), nil
}
