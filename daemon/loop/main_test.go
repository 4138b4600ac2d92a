package loop

import (
	"bytes"
	"flag"
	"fmt"
	"net"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"

	"ktcpvs/daemon/poll"
)

// Every test of the package runs once for each of the kernel's interfaces; with
// -short, for one.
var pollers = map[string]func() (poll.Poller, error){
	"epoll":    func() (poll.Poller, error) { return poll.NewEpoll() },
	"io_uring": func() (poll.Poller, error) { return poll.NewUring() },
}

var pollerUnderTest string

// onlyPoller is the environment variable with the one that a process tests.
const onlyPoller = "KTCPVS_LOOP_TEST_POLLER"

// TestMain tests the interfaces side by side, each in a process of its own, as
// tests count the process's files and most of them wait: io_uring in another,
// whose output follows. What is measured is so one after the other.
func TestMain(m *testing.M) {
	// The Go runtime opens its own poller with the first socket and keeps it.
	if l, err := net.Listen("tcp", "127.0.0.1:0"); err == nil {
		l.Close()
	}
	flag.Parse()
	if pollerUnderTest = os.Getenv(onlyPoller); pollerUnderTest != "" {
		os.Exit(run(m))
	}
	if testing.Short() {
		pollerUnderTest = "epoll" // which every kernel has
		os.Exit(run(m))
	}
	if !sideBySide() {
		for pollerUnderTest = range pollers {
			if status := run(m); status != 0 {
				os.Exit(status)
			}
		}
		os.Exit(0)
	}
	runtime.LockOSThread() // the other process ends with this thread
	var output bytes.Buffer
	other := exec.Command(os.Args[0], os.Args[1:]...)
	other.Env = append(os.Environ(), onlyPoller+"=io_uring")
	other.Stdout, other.Stderr = &output, &output
	other.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: unix.SIGKILL}
	if err := other.Start(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	pollerUnderTest = "epoll"
	status := run(m)
	err := other.Wait()
	os.Stdout.Write(output.Bytes())
	if err != nil {
		fmt.Fprintln(os.Stderr, "with io_uring:", err)
		status = 1
	}
	os.Exit(status)
}

func run(m *testing.M) int {
	status := m.Run()
	if status != 0 {
		fmt.Fprintln(os.Stderr, "with", pollerUnderTest)
	}
	return status
}

// sideBySide tells whether nothing is measured, and no file is written that
// both processes would write.
func sideBySide() bool {
	together := true
	flag.Visit(func(f *flag.Flag) {
		name := strings.TrimPrefix(f.Name, "test.")
		if name == "list" || name == "bench" && f.Value.String() != "" || strings.HasPrefix(name, "fuzz") ||
			strings.HasSuffix(name, "profile") || strings.HasSuffix(name, "coverdir") || name == "trace" {
			together = false
		}
	})
	return together
}
