package graft

import (
	"errors"
	"fmt"
	"path/filepath"

	"ktcpvs/fuse/sysctlfs"
)

// Served is the knobs where Serve has put them.
type Served struct {
	Dir string // where they are; empty for mode "none", and where "auto" found no place
	Why error  // why not at Path, though mode "auto" asked for it; otherwise nil

	undo func() error
}

// Undo takes the knobs away; see Graft.Undo and sysctlfs.Mounted.Unmount.
func (s *Served) Undo() error { return s.undo() }

// Serve makes the knobs available as --sysctl-dir says. "auto" grafts them at
// Path, or, where that cannot be (Served.Why), mounts them below runDir at
// sys/net/ktcpvs, or does nothing where nothing can be mounted at all. "none" does
// nothing. Anything else is the absolute path of a directory, which is made if need
// be; Path itself asks for the graft or nothing.
func Serve(mode, runDir string, knobs []sysctlfs.Knob, o sysctlfs.Options) (*Served, error) {
	switch {
	case mode == "none":
		return &Served{undo: nothing}, nil
	case mode == "auto":
		served, err := serveGraft(knobs, o)
		if err == nil {
			return served, nil
		}
		served, instead := serveDir(filepath.Join(runDir, "sys/net", name), knobs, o)
		if instead != nil {
			return &Served{Why: fmt.Errorf("%w; nor can they be served below %s: %w", err, runDir, instead), undo: nothing}, nil
		}
		served.Why = err
		return served, nil
	case !filepath.IsAbs(mode):
		return nil, errors.New(`--sysctl-dir=` + mode + `: expected "auto", "none" or an absolute path`)
	case filepath.Clean(mode) == Path:
		return serveGraft(knobs, o)
	}
	return serveDir(mode, knobs, o)
}

func nothing() error { return nil }

func serveGraft(knobs []sysctlfs.Knob, o sysctlfs.Options) (*Served, error) {
	g, err := Make(knobs, o)
	if err != nil {
		return nil, fmt.Errorf("cannot graft the knobs at %s: %w", Path, err)
	}
	return &Served{Dir: Path, undo: g.Undo}, nil
}

func serveDir(dir string, knobs []sysctlfs.Knob, o sysctlfs.Options) (*Served, error) {
	m, err := sysctlfs.Mount(dir, sysctlfs.Knobs(knobs), o)
	if err != nil {
		return nil, err
	}
	return &Served{Dir: m.Dir(), undo: m.Unmount}, nil
}
