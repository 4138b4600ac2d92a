package main

import (
	"fmt"

	"ktcpvs/daemon/control"
	"ktcpvs/daemon/journal"
	"ktcpvs/daemon/klog"
	"ktcpvs/daemon/state"
)

// keeping is what outlives the daemon.
type keeping struct {
	dir     *state.Dir // nil: nothing does
	journal *journal.Journal
	log     *klog.Logger
}

// openKeeping opens the state directory, "" for none, and says which of its files
// are damaged.
func openKeeping(path string, log *klog.Logger) (*keeping, error) {
	if path == "" {
		return &keeping{journal: journal.New(), log: log}, nil
	}
	const instead = "; choose another with --state-dir, or --ephemeral to keep nothing"
	dir, damages, err := state.Open(path)
	if err != nil {
		return nil, fmt.Errorf("%w%s", err, instead)
	}
	k := &keeping{dir: dir, log: log}
	for _, damage := range damages {
		k.tell(damage)
	}
	if k.journal, err = journal.Open(path); err != nil {
		dir.Close()
		return nil, fmt.Errorf("%w%s", err, instead)
	}
	return k, nil
}

func (k *keeping) tell(d state.Damage) {
	if !d.Lost {
		k.log.Say(klog.Fault, "a table was being written when the daemon ended; nobody was told that it was kept", "file", d.Was, "error", d.Err)
		return
	}
	k.log.Say(klog.Announce, "DAMAGED: a kept table is of no use; the one before it is taken, and changes may be missing that were acknowledged",
		"file", d.Was, "set aside as", d.Path, "error", d.Err)
}

// restore makes the table what was kept last and can be used, and has every change
// kept from then on.
func (k *keeping) restore(ctl *control.Control) ([]control.Unable, error) {
	if k.dir == nil {
		ctl.Keep(nil, k.journal)
		return nil, nil
	}
	ctl.Keep(k.dir, k.journal)
	for {
		last, ok := k.dir.Last()
		if !ok {
			return nil, nil
		}
		unable, err := ctl.Restore(last)
		if err == nil {
			k.log.Say(klog.Announce, "the kept table is there again", "dir", k.dir.Path(), "generation", last.Generation)
			return unable, nil
		}
		damage, failed := k.dir.Refuse(err)
		if failed != nil {
			return nil, fmt.Errorf("cannot set aside a kept table that is of no use (%w): %w", err, failed)
		}
		k.tell(damage)
	}
}

func (k *keeping) close() {
	k.journal.Close()
	if k.dir != nil {
		k.dir.Close()
	}
}
