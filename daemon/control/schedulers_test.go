package control

import (
	"slices"
	"testing"

	"ktcpvs/daemon/sched"
	"ktcpvs/proto"
)

func TestFilesAreReadWithTheDaemonsSchedulers(t *testing.T) {
	if got := sched.NewRegistry().Names(); !slices.Equal(got, proto.Schedulers) {
		t.Errorf("the daemon has %q, files may name %q", got, proto.Schedulers)
	}
}
