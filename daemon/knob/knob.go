package knob

import (
	"fmt"
	"sync"
	"sync/atomic"
)

// spec is what is fixed about a knob.
type spec struct {
	name, unit, help  string
	initial, min, max int32
}

// Knob is one tunable integer. Reading it is one atomic load; it may be read
// and set by any goroutine.
type Knob struct {
	spec  spec
	value atomic.Int32

	mu       sync.Mutex // one setter at a time; guards onChange
	onChange []func(old, new int32)
}

func newKnob(s spec) *Knob {
	k := &Knob{spec: s}
	k.value.Store(s.initial)
	return k
}

// Name is the name of the knob's file, such as "max_backlog".
func (k *Knob) Name() string { return k.spec.name }

// Unit is what the value counts: "seconds", "connections", "level", or
// "switch" for 0 and 1.
func (k *Knob) Unit() string { return k.spec.unit }

// Help says in one line what the knob does.
func (k *Knob) Help() string { return k.spec.help }

// Default is the value the daemon starts with.
func (k *Knob) Default() int32 { return k.spec.initial }

// Min is the smallest value that Set takes.
func (k *Knob) Min() int32 { return k.spec.min }

// Max is the largest value that Set takes.
func (k *Knob) Max() int32 { return k.spec.max }

// Get returns the value.
func (k *Knob) Get() int32 { return k.value.Load() }

// Set gives the knob a new value, then tells those who asked. A value out of
// range is a *RangeError and changes nothing. It takes an int64 so that a
// number too large for the knob is refused and not cut off.
func (k *Knob) Set(v int64) error {
	if err := k.Check(v); err != nil {
		return err
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	old := k.value.Swap(int32(v))
	if old == int32(v) {
		return nil
	}
	for _, f := range k.onChange {
		f(old, int32(v))
	}
	return nil
}

// Check holds a value to the knob's range; the error is a *RangeError.
func (k *Knob) Check(v int64) error {
	if v < int64(k.spec.min) || v > int64(k.spec.max) {
		return &RangeError{Knob: k, Value: v}
	}
	return nil
}

// OnChange asks that f be called after every change, by the goroutine that
// made it, before its Set returns. Calls for one knob never overlap and come
// in the order of the changes. f must not set the same knob.
func (k *Knob) OnChange(f func(old, new int32)) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.onChange = append(k.onChange, f)
}

// RangeError is a value that a knob does not take.
type RangeError struct {
	Knob  *Knob
	Value int64
}

func (e *RangeError) Error() string {
	return fmt.Sprintf("%s is %d, expected %d to %d",
		e.Knob.Name(), e.Value, e.Knob.Min(), e.Knob.Max())
}
