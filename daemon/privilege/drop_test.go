package privilege_test

import (
	"net"
	"os"
	"runtime"
	"slices"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"ktcpvs/daemon/privilege"
	"ktcpvs/fuse/mounts"
)

func TestEveryThreadGivesUpPrivileges(t *testing.T) {
	r, ok := confined(t, before{}, privilege.Options{Mounts: true})
	if !ok {
		return
	}
	if want := []string{"CAP_NET_ADMIN", "CAP_NET_BIND_SERVICE", "CAP_SYS_ADMIN"}; !slices.Equal(r.Kept, want) || !r.Filtered || r.Missed != nil {
		t.Errorf("got %+v, expected %v, filtered, and nothing missed", r, want)
	}
	threads(t) // new ones, too
	everyThread(t, "self", confinedStatus)
}

// What is given up at the start leaves all that setting up takes, and Drop less to do.
func TestWhatIsLimitedEarlyIsNotMissedLater(t *testing.T) {
	r, ok := confined(t, before{setup: func(t *testing.T) {
		permitted := func() uint32 {
			header := unix.CapUserHeader{Version: unix.LINUX_CAPABILITY_VERSION_3}
			var data [2]unix.CapUserData
			if err := unix.Capget(&header, &data[0]); err != nil {
				t.Fatal(err)
			}
			return data[0].Permitted
		}
		before := permitted()
		privilege.Limit()
		if got := permitted(); got != before {
			t.Errorf("capabilities %x are permitted, and were %x before", got, before)
		}
		for name, call := range map[string][3]int{
			"no_new_privs":           {unix.PR_GET_NO_NEW_PRIVS, 0, 1},
			"CAP_SYS_PTRACE bounded": {unix.PR_CAPBSET_READ, unix.CAP_SYS_PTRACE, 0},
			"CAP_SYS_ADMIN bounded":  {unix.PR_CAPBSET_READ, unix.CAP_SYS_ADMIN, 1},
		} {
			if got, err := unix.PrctlRetInt(call[0], uintptr(call[1]), 0, 0, 0); err != nil || got != call[2] {
				t.Errorf("%s: %d, %v, want %d", name, got, err, call[2])
			}
		}
	}}, privilege.Options{Mounts: true})
	if !ok {
		return
	}
	if !r.Filtered || r.Missed != nil {
		t.Errorf("got %+v, expected filtered, and nothing missed", r)
	}
	everyThread(t, "self", confinedStatus)
}

func TestWithoutMountsNothingCanBeUnmounted(t *testing.T) {
	r, ok := confined(t, before{setup: mountTmpfs}, privilege.Options{})
	if !ok {
		return
	}
	if want := []string{"CAP_NET_ADMIN", "CAP_NET_BIND_SERVICE"}; !slices.Equal(r.Kept, want) {
		t.Errorf("kept %v, expected %v", r.Kept, want)
	}
	everyThread(t, "self", " CapInh, 1400 CapPrm, 1400 CapEff, 1400 CapBnd,  CapAmb, 1 NoNewPrivs, 2 Seccomp")
	if err := unix.Unmount("/mnt", 0); err != unix.EPERM {
		t.Errorf("unmount: %v, expected %v", err, unix.EPERM)
	}
}

func TestAllCallsLeavesTheFilterOut(t *testing.T) {
	r, ok := confined(t, before{}, privilege.Options{AllCalls: true})
	if !ok {
		return
	}
	if r.Filtered || r.Missed != nil {
		t.Errorf("got %+v, expected no filter and nothing missed", r)
	}
	everyThread(t, "self", " CapInh, 1400 CapPrm, 1400 CapEff, 1400 CapBnd,  CapAmb, 1 NoNewPrivs,  Seccomp")
}

func TestWithoutCapabilitiesTheRestIsGivenUp(t *testing.T) {
	r, ok := confined(t, before{nobody: true}, privilege.Options{Mounts: true})
	if !ok {
		return
	}
	if r.Kept != nil || !r.Filtered {
		t.Errorf("got %+v, expected a filter and no capability", r)
	}
	if r.Missed != nil || !r.Bounding {
		t.Errorf("missed %v, expected nothing but that the bounding set stays", r.Missed)
	}
	for _, got := range status(t, "self") {
		// Of the bounding set there is as much as this machine gives.
		if !strings.HasPrefix(got, " CapInh,  CapPrm,  CapEff, ") || !strings.HasSuffix(got, " CapAmb, 1 NoNewPrivs, 2 Seccomp") {
			t.Errorf("a thread has %s", got)
		}
	}
}

func TestASecondTimeGivesNothingBack(t *testing.T) {
	_, ok := confined(t, before{}, privilege.Options{})
	if !ok {
		return
	}
	r := privilege.Drop(privilege.Options{Mounts: true})
	if r.Filtered || len(r.Missed) == 0 {
		t.Errorf("got %+v, expected that the filter refuses another", r)
	}
	everyThread(t, "self", " CapInh, 1400 CapPrm, 1400 CapEff, 1400 CapBnd,  CapAmb, 1 NoNewPrivs, 2 Seccomp")
}

func mountTmpfs(t *testing.T) {
	t.Helper()
	if err := unix.Mount("", "/", "", unix.MS_REC|unix.MS_PRIVATE, ""); err != nil {
		t.Fatal(err)
	}
	if err := unix.Mount("none", "/mnt", "tmpfs", 0, ""); err != nil {
		t.Fatal(err)
	}
}

func TestWhatServingNeedsStillWorks(t *testing.T) {
	_, ok := confined(t, before{setup: mountTmpfs}, privilege.Options{Mounts: true})
	if !ok {
		return
	}
	l, err := net.Listen("tcp4", ":80")
	if err != nil {
		t.Errorf("a port below 1024: %v", err)
	} else {
		l.Close()
	}
	if _, err := os.ReadFile("/proc/self/mountinfo"); err != nil {
		t.Errorf("reading a file: %v", err)
	}
	if err := unix.Unmount("/mnt", 0); err != unix.EPERM {
		t.Errorf("unmount without raising CAP_SYS_ADMIN: %v, expected %v", err, unix.EPERM)
	}
	if err := mounts.Privileged(func() error { return unix.Unmount("/mnt", 0) }); err != nil {
		t.Errorf("unmount: %v", err)
	}
	// Memory that the runtime does not have yet, and gives back.
	held := make([][]byte, 64)
	for i := range held {
		held[i] = make([]byte, 1<<20)
		held[i][i] = 1
	}
	runtime.KeepAlive(held)
	held = nil
	runtime.GC()
	if err := unix.Tgkill(unix.Getpid(), unix.Gettid(), unix.SIGURG); err != nil {
		t.Errorf("a signal to a thread of our own: %v", err)
	}
}
