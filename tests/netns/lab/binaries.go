package lab

import (
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"testing"
)

// binaries is the directory of the programs under test.
var binaries string

// Main builds the programs under test, runs the tests, and gives their exit
// status. With GOFLAGS=-race the daemon looks for races while it serves, and
// gives up no privileges, which takes a build without cgo.
func Main(m *testing.M) int {
	dir, err := os.MkdirTemp("", "ktcpvs-netns")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer os.RemoveAll(dir)
	build := exec.Command("go", "build", "-o", dir, "ktcpvs/daemon/ktcpvsd", "ktcpvs/tcpvsadm")
	if !strings.Contains(os.Getenv("GOFLAGS"), "-race") {
		build.Env = append(os.Environ(), "CGO_ENABLED=0") // as make builds them
	}
	if out, err := build.CombinedOutput(); err != nil {
		fmt.Fprintf(os.Stderr, "%s%v\n", out, err)
		return 1
	}
	// Hosts see it too, and so do users other than root.
	if err := os.Chmod(dir, 0o755); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	binaries = dir
	sideBySide()
	return m.Run()
}

// sideBySide has more parallel tests at once than there are processors, unless
// the caller says how many: most of them wait most of the time.
func sideBySide() {
	flag.Parse()
	said := false
	flag.Visit(func(f *flag.Flag) { said = said || f.Name == "test.parallel" })
	if !said {
		flag.Set("test.parallel", strconv.Itoa(4*runtime.NumCPU()))
	}
}

// Binary is the path of a program under test.
func Binary(name string) string { return filepath.Join(binaries, name) }
