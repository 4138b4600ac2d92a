package graft

import (
	"errors"
	"fmt"
	"log"
	"os"
	"strings"
	"sync"
	"time"

	"golang.org/x/sys/unix"

	"ktcpvs/fuse/mounts"
	"ktcpvs/fuse/sysctlfs"
)

// Path is where the knobs are while they are grafted.
const Path = netDir + "/" + name

// patience bounds how long Undo waits for the server of a graft that nobody
// uses any more.
const patience = time.Second

// ErrAlive says that /proc/sys/net carries the graft of a living process.
var ErrAlive = errors.New("another ktcpvsd serves " + Path)

// Graft is the knobs at Path.
type Graft struct {
	staged *staged
	device string

	stop    chan struct{}
	stopped sync.WaitGroup
}

// Make grafts the knobs, in place of a stale graft if there is one. Errors are
// one line: ErrAlive with the process that holds the place; what else covers
// /proc/sys/net; a missing /dev/fuse or capability. After an error nothing is
// mounted.
func Make(knobs []sysctlfs.Knob, o sysctlfs.Options) (*Graft, error) {
	// Held until the graft is there, so that of two starters one gets it.
	place, _, err := clear()
	if err != nil {
		return nil, err
	}
	defer place.Close()
	staged, err := stage(knobs, o)
	if err != nil {
		return nil, err
	}
	g := &Graft{staged: staged, stop: make(chan struct{})}
	if err := g.attach(); err != nil {
		staged.close()
		return nil, err
	}
	logger := o.Log
	if logger == nil {
		logger = log.Default()
	}
	g.stopped.Go(func() { g.keepNames(logger) })
	return g, nil
}

func (g *Graft) attach() error {
	var stat unix.Stat_t
	if err := unix.Fstat(int(g.staged.lock.Fd()), &stat); err != nil {
		return err
	}
	g.device = fmt.Sprintf("%d:%d", unix.Major(stat.Dev), unix.Minor(stat.Dev))
	return mounts.Privileged(func() error { return move(g.staged.tree, netDir) })
}

// keepNames follows procfs until the graft is undone. A failure to follow ends
// nothing, is tried again, and is logged once as long as it stays the same.
func (g *Graft) keepNames(logger *log.Logger) {
	tick := time.NewTicker(relinkEvery)
	defer tick.Stop()
	for said := ""; ; {
		select {
		case <-g.stop:
			return
		case <-tick.C:
			now := ""
			if err := g.staged.relink(); err != nil {
				now = err.Error()
			}
			if now != said && now != "" {
				logger.Printf("%s does not follow procfs: %s", netDir, now)
			}
			said = now
		}
	}
}

// Undo removes the graft, whoever may be inside, and waits for nobody: users
// keep what they have open. With another mount above it fails, names that, and
// the graft stays and works. A graft that is already gone is no error.
func (g *Graft) Undo() error {
	if g.staged == nil {
		return nil
	}
	if err := mounts.Unmount(netDir, g.device); err != nil {
		return err
	}
	close(g.stop)
	g.stopped.Wait()
	g.staged.close()
	select {
	case <-g.staged.done:
	case <-time.After(patience):
	}
	g.staged = nil
	return nil
}

// UndoStale removes a graft whose process is gone, and reports whether there
// was one. A living one is ErrAlive, and stays.
func UndoStale() (bool, error) {
	place, found, err := clear()
	if err != nil {
		return false, err
	}
	place.Close()
	return found, nil
}

// clear removes stale grafts from /proc/sys/net and claims the place, which is
// procfs's own directory when it returns.
func clear() (place *os.File, found bool, err error) {
	if place, err = claimStarters(); err != nil {
		return nil, false, err
	}
	for {
		entry, err := mounts.At(netDir)
		if err == nil && entry.Type == "proc" {
			return place, found, nil
		}
		if err == nil {
			if err = remove(entry); err == nil {
				found = true
				continue
			}
		}
		place.Close()
		return nil, found, err
	}
}

// remove takes a stale graft away. What is none is not touched, and an error.
func remove(entry mounts.Entry) error {
	if entry.Point != netDir || !isOurs(entry) {
		return fmt.Errorf("%s is covered by a mount of %s (%s): unmount that first", netDir, entry.Source, entry.Type)
	}
	stale, err := isStale(entry)
	switch {
	case err != nil:
		return err
	case !stale:
		return alive(entry)
	}
	return mounts.Unmount(netDir, entry.Device)
}

func isOurs(entry mounts.Entry) bool {
	return entry.Type == "tmpfs" && strings.HasPrefix(entry.Source, sysctlfs.Source+":")
}

// alive names the process that holds the place.
func alive(entry mounts.Entry) error {
	pid := strings.TrimPrefix(entry.Source, sysctlfs.Source+":")
	return fmt.Errorf("%w: process %s: stop it, or choose another place with --sysctl-dir=PATH", ErrAlive, pid)
}
