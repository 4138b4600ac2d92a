package knob

import (
	"errors"
	"math"
	"reflect"
	"sync"
	"testing"

	"pgregory.net/rapid"
)

func TestTheSixKnobsHaveTheReferencesDefaults(t *testing.T) {
	want := []struct {
		name    string
		initial int32
	}{
		{"debug_level", 0},
		{"unload", 0},
		{"max_backlog", 2048},
		{"zerocopy_send", 2}, // ours: the original knew 0 and 1
		{"keepalive_timeout", 30},
		{"read_timeout", 180},
	}
	all := New().All()
	if len(all) < len(want) {
		t.Fatalf("%d knobs, want at least %d", len(all), len(want))
	}
	for i, w := range want {
		k := all[i]
		if k.Name() != w.name || k.Default() != w.initial || k.Get() != w.initial {
			t.Errorf("knob %d is %s, default %d, value %d; want %s, %d", i, k.Name(), k.Default(), k.Get(), w.name, w.initial)
		}
	}
}

func TestEveryKnobIsListedOnceAndDescribesItself(t *testing.T) {
	k := New()
	exported := map[*Knob]bool{}
	for _, fields := range []reflect.Value{reflect.ValueOf(k).Elem(), reflect.ValueOf(&k.Limits).Elem()} {
		for i := range fields.NumField() {
			if f := fields.Field(i); fields.Type().Field(i).IsExported() && f.Kind() == reflect.Pointer {
				exported[f.Interface().(*Knob)] = true
			}
		}
	}
	if len(exported) != len(k.All()) {
		t.Errorf("%d knobs are fields, %d are listed", len(exported), len(k.All()))
	}
	for _, knob := range k.All() {
		if !exported[knob] {
			t.Errorf("%s is listed, but is not a field", knob.Name())
		}
		if k.ByName(knob.Name()) != knob {
			t.Errorf("ByName does not find %s", knob.Name())
		}
		if knob.Unit() == "" || knob.Help() == "" {
			t.Errorf("%s has no unit or no help", knob.Name())
		}
		if knob.Default() < knob.Min() || knob.Default() > knob.Max() {
			t.Errorf("%s: the default is out of range", knob.Name())
		}
	}
	if k.ByName("no_such_knob") != nil {
		t.Error("ByName finds a knob that is not there")
	}
}

func TestSetTakesExactlyTheRange(t *testing.T) {
	for _, knob := range New().All() {
		for _, v := range []int64{int64(knob.Min()), int64(knob.Max()), int64(knob.Default())} {
			if err := knob.Set(v); err != nil || int64(knob.Get()) != v {
				t.Errorf("%s: Set(%d) = %v, value %d", knob.Name(), v, err, knob.Get())
			}
		}
		before := knob.Get()
		for _, v := range []int64{int64(knob.Min()) - 1, int64(knob.Max()) + 1, math.MinInt64, math.MaxInt64} {
			err := knob.Set(v)
			var outside *RangeError
			if !errors.As(err, &outside) || outside.Value != v || outside.Knob != knob {
				t.Errorf("%s: Set(%d) = %v, want a RangeError", knob.Name(), v, err)
			}
			if knob.Get() != before {
				t.Errorf("%s: a refused value changed it to %d", knob.Name(), knob.Get())
			}
		}
	}
}

func TestARefusalNamesTheKnobTheValueAndTheRange(t *testing.T) {
	err := New().KeepaliveTimeout.Set(-1)
	const want = "keepalive_timeout is -1, expected 1 to 604800"
	if err == nil || err.Error() != want {
		t.Errorf("error %q, want %q", err, want)
	}
}

func TestAChangeIsToldAfterTheStoreAndOnlyWhenItIsOne(t *testing.T) {
	knob := New().ReadTimeout
	type change struct{ old, new, seen int32 }
	var told []change
	knob.OnChange(func(old, new int32) { told = append(told, change{old, new, knob.Get()}) })
	knob.OnChange(func(_, new int32) { told = append(told, change{new: new}) })
	for _, v := range []int64{60, 60, -5, 180} {
		if err := knob.Set(v); (err != nil) != (v < 0) {
			t.Errorf("Set(%d) = %v", v, err)
		}
	}
	want := []change{{180, 60, 60}, {new: 60}, {60, 180, 180}, {new: 180}}
	if !reflect.DeepEqual(told, want) {
		t.Errorf("told %v, want %v", told, want)
	}
}

func TestChangesByManySettersAreToldInTheirOrder(t *testing.T) {
	knob := New().MaxBacklog
	last := knob.Get()
	knob.OnChange(func(old, new int32) {
		if old != last {
			t.Errorf("told of a change from %d, but the last one was to %d", old, last)
		}
		last = new
	})
	var setters sync.WaitGroup
	for i := range 4 {
		setters.Go(func() {
			for n := range 1000 {
				if err := knob.Set(int64(1 + (n*7+i)%50)); err != nil {
					t.Error(err)
				}
			}
		})
	}
	setters.Wait()
	if knob.Get() != last {
		t.Errorf("value %d, but the last change told of was to %d", knob.Get(), last)
	}
}

func TestAKnobHoldsTheLastValueItTook(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		k := New()
		knob := rapid.SampledFrom(k.All()).Draw(t, "knob")
		want := knob.Default()
		for _, v := range rapid.SliceOf(rapid.Int64()).Draw(t, "values") {
			inside := int64(knob.Min()) <= v && v <= int64(knob.Max())
			if err := knob.Set(v); (err == nil) != inside {
				t.Fatalf("%s: Set(%d) = %v", knob.Name(), v, err)
			}
			if inside {
				want = int32(v)
			}
			if knob.Get() != want {
				t.Fatalf("%s: value %d, want %d", knob.Name(), knob.Get(), want)
			}
		}
	})
}

func TestReadingAKnobDoesNotAllocate(t *testing.T) {
	knob := New().DebugLevel
	if n := testing.AllocsPerRun(100, func() {
		if knob.Get() != 0 {
			t.Error("debug_level is not 0")
		}
	}); n != 0 {
		t.Errorf("%v allocations, want none", n)
	}
}
