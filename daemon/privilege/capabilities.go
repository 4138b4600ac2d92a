package privilege

import (
	"errors"
	"fmt"
	"unsafe"

	"golang.org/x/sys/unix"
)

// capability is one that may stay.
type capability struct {
	number    int
	name      string
	effective bool // else it stays permitted only, to be raised when it is needed
	mounts    bool // only for Options.Mounts
}

var capabilities = []capability{
	{number: unix.CAP_NET_ADMIN, name: "CAP_NET_ADMIN", effective: true},
	{number: unix.CAP_NET_BIND_SERVICE, name: "CAP_NET_BIND_SERVICE", effective: true},
	{number: unix.CAP_SYS_ADMIN, name: "CAP_SYS_ADMIN", mounts: true},
}

// set is a set of capabilities.
type set uint64

func (s set) has(number int) bool { return s>>number&1 != 0 }

// keep chooses from the permitted set.
func keep(permitted set, o Options) (names []string, stay, effective set) {
	for _, c := range capabilities {
		if !permitted.has(c.number) || c.mounts && !o.Mounts {
			continue
		}
		names = append(names, c.name)
		stay |= 1 << c.number
		if c.effective {
			effective |= 1 << c.number
		}
	}
	return names, stay, effective
}

// dropCapabilities empties the inheritable and the ambient set, and leaves of
// the others what stays. The names are what is left even if there is an error. idle
// tells that the bounding set stays as it is, since taking from it needs CAP_SETPCAP.
func dropCapabilities(o Options) (names []string, idle bool, err error) {
	header := unix.CapUserHeader{Version: unix.LINUX_CAPABILITY_VERSION_3}
	var data [2]unix.CapUserData
	if err := unix.Capget(&header, &data[0]); err != nil {
		return nil, false, fmt.Errorf("capget: %w", err)
	}
	names, stay, effective := keep(set(data[0].Permitted)|set(data[1].Permitted)<<32, o)
	// The bounding set first: it takes CAP_SETPCAP.
	bounding := dropBounding(stay)
	if errors.Is(bounding, unix.EPERM) {
		idle, bounding = true, nil
	}
	err = clearAmbient()
	for i := range data {
		data[i] = unix.CapUserData{Permitted: uint32(stay >> (32 * i)), Effective: uint32(effective >> (32 * i))}
	}
	if failed := onAllThreads(unix.SYS_CAPSET, uintptr(unsafe.Pointer(&header)), uintptr(unsafe.Pointer(&data))); failed != nil {
		err = errors.Join(err, fmt.Errorf("capset: %w", failed))
	}
	return names, idle, errors.Join(bounding, err)
}

// clearAmbient empties the ambient set, unless it is empty, for which one thread
// stands for all. Before Linux 4.3 there is none.
func clearAmbient() error {
	for number := 0; ; number++ {
		in, err := unix.PrctlRetInt(unix.PR_CAP_AMBIENT, unix.PR_CAP_AMBIENT_IS_SET, uintptr(number), 0, 0)
		if err != nil {
			return nil // the kernel knows no more capabilities
		}
		if in == 1 {
			break
		}
	}
	if err := onAllThreads(unix.SYS_PRCTL, unix.PR_CAP_AMBIENT, unix.PR_CAP_AMBIENT_CLEAR_ALL); err != nil {
		return fmt.Errorf("ambient set: %w", err)
	}
	return nil
}

// dropBounding leaves nothing but stay in the bounding set.
func dropBounding(stay set) error {
	for number := 0; number < 64; number++ {
		in, err := unix.PrctlRetInt(unix.PR_CAPBSET_READ, uintptr(number), 0, 0, 0)
		if err != nil {
			return nil // the kernel knows no more capabilities
		}
		if in == 0 || stay.has(number) {
			continue
		}
		if err := onAllThreads(unix.SYS_PRCTL, unix.PR_CAPBSET_DROP, uintptr(number)); err != nil {
			return fmt.Errorf("bounding set: %w", err)
		}
	}
	return nil
}
