package privilege

import (
	"slices"
	"testing"

	"golang.org/x/sys/unix"
)

func TestOnlyWhatWasThereAndIsNeededStays(t *testing.T) {
	const (
		admin = 1 << unix.CAP_NET_ADMIN
		bind  = 1 << unix.CAP_NET_BIND_SERVICE
		mount = 1 << unix.CAP_SYS_ADMIN
	)
	for _, c := range []struct {
		permitted       set
		o               Options
		stay, effective set
		names           []string
	}{
		{^set(0), Options{Mounts: true}, admin | bind | mount, admin | bind, []string{"CAP_NET_ADMIN", "CAP_NET_BIND_SERVICE", "CAP_SYS_ADMIN"}},
		{^set(0), Options{}, admin | bind, admin | bind, []string{"CAP_NET_ADMIN", "CAP_NET_BIND_SERVICE"}},
		{bind | 1<<unix.CAP_CHOWN, Options{Mounts: true}, bind, bind, []string{"CAP_NET_BIND_SERVICE"}},
		{0, Options{Mounts: true}, 0, 0, nil},
	} {
		names, stay, effective := keep(c.permitted, c.o)
		if stay != c.stay || effective != c.effective || !slices.Equal(names, c.names) {
			t.Errorf("of %#x with %+v stay %v, %#x, effective %#x; expected %v, %#x, %#x",
				c.permitted, c.o, names, stay, effective, c.names, c.stay, c.effective)
		}
	}
}
