package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"ktcpvs/fuse/mounts"
	"ktcpvs/proto/nlport"
)

const (
	claimName = "ktcpvsd.lock"
	claimForm = "pid %d net %d\n"
)

// runDir is the run directory, which no other daemon has while this one lives.
type runDir struct {
	path  string
	other int // the process that has the usual one, where this one is below it

	claim *os.File
	made  bool
}

// takeRunDir makes the directory if it is not there and takes it for this process.
// The usual one may be that of a daemon in another network namespace, which this
// one has nothing to do with: then it has a directory of its own below it, by the
// number of its namespace. Whoever asked for a directory gets that or an error.
//
// A daemon of the same namespace most often has the port too, which says more.
func takeRunDir(path string, usual bool, port uint32) (*runDir, error) {
	r, err := claimRunDir(path)
	if !errors.Is(err, mounts.ErrClaimed) {
		return r, err
	}
	pid, net := claimant(path)
	for tries := 0; net == 0 && tries < 100; tries++ { // it has just begun, and is about to write that
		time.Sleep(10 * time.Millisecond)
		pid, net = claimant(path)
	}
	if own := namespaceNumber(); usual && net != 0 && net != own {
		r, err = claimRunDir(filepath.Join(path, fmt.Sprintf("netns-%d", own)))
		if err == nil {
			r.other = pid
		}
		return r, err
	}
	listener, held := nlport.Listen(port)
	if held != nil {
		return nil, held
	}
	listener.Close()
	return nil, fmt.Errorf("the run directory %s is that of another daemon (process %d); choose another with --run-dir", path, pid)
}

func claimRunDir(path string) (*runDir, error) {
	const instead = "; choose another with --run-dir"
	_, missing := os.Stat(path)
	if err := os.MkdirAll(path, 0o755); err != nil {
		return nil, fmt.Errorf("cannot make the run directory: %w%s", err, instead)
	}
	r := &runDir{path: path, made: errors.Is(missing, os.ErrNotExist)}
	claim, err := mounts.Claim(filepath.Join(path, claimName), os.O_RDWR|os.O_CREATE)
	if err != nil {
		return nil, fmt.Errorf("cannot write to the run directory: %w%s", err, instead)
	}
	r.claim = claim
	if err = claim.Truncate(0); err == nil {
		_, err = fmt.Fprintf(claim, claimForm, os.Getpid(), namespaceNumber())
	}
	if err != nil {
		r.leave()
		return nil, fmt.Errorf("cannot write to the run directory: %w%s", err, instead)
	}
	return r, nil
}

// claimant is the process that has a directory and the number of its network
// namespace, 0 where the lock does not tell.
func claimant(path string) (pid int, net uint64) {
	text, err := os.ReadFile(filepath.Join(path, claimName))
	if err != nil {
		return 0, 0
	}
	fmt.Sscanf(string(text), claimForm, &pid, &net)
	return pid, net
}

// leave gives the directory up. The lock file goes first, so that nobody can claim
// one that is about to vanish. A directory that this daemon has made goes too,
// unless something is in it.
func (r *runDir) leave() {
	os.Remove(r.claim.Name())
	r.claim.Close()
	if r.made {
		os.Remove(r.path)
	}
}
