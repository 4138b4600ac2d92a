package scripts

import (
	"bytes"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// makeIn runs make in the copy of the source tree.
func makeIn(t *testing.T, arguments ...string) {
	t.Helper()
	tree, err := sourceTree()
	if err != nil {
		t.Fatal(err)
	}
	if out, err := exec.Command("make", append([]string{"-C", tree}, arguments...)...).CombinedOutput(); err != nil {
		t.Fatalf("make %s: %v: %s", strings.Join(arguments, " "), err, out)
	}
}

// filesIn are the files below dir with their modes.
func filesIn(t *testing.T, dir string) (files []string) {
	t.Helper()
	err := filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		info, err := entry.Info()
		files = append(files, info.Mode().String()+" "+strings.TrimPrefix(path, dir))
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	slices.Sort(files)
	return files
}

func TestInstallPutsFilesWhereTheyAreLookedForAndUninstallTakesThemAway(t *testing.T) {
	dir := t.TempDir()
	makeIn(t, "install", "DESTDIR="+dir, "PREFIX=/opt/lb")
	want := []string{
		"-rw-r--r-- /opt/lb/lib/systemd/system/ktcpvsd.service",
		"-rw-r--r-- /opt/lb/libexec/ktcpvs/modules.sh",
		"-rw-r--r-- /opt/lb/share/bash-completion/completions/tcpvsadm",
		"-rw-r--r-- /opt/lb/share/doc/ktcpvs/examples/ktcpvs.conf",
		"-rw-r--r-- /opt/lb/share/man/man8/ktcpvsd.8",
		"-rw-r--r-- /opt/lb/share/man/man8/tcpvsadm.8",
		"-rw-r--r-- /opt/lb/share/zsh/site-functions/_tcpvsadm",
		"-rwxr-xr-x /etc/init.d/ktcpvsd",
		"-rwxr-xr-x /opt/lb/libexec/ktcpvs/insmod",
		"-rwxr-xr-x /opt/lb/libexec/ktcpvs/lsmod",
		"-rwxr-xr-x /opt/lb/libexec/ktcpvs/modprobe",
		"-rwxr-xr-x /opt/lb/libexec/ktcpvs/rmmod",
		"-rwxr-xr-x /opt/lb/sbin/ktcpvs.start",
		"-rwxr-xr-x /opt/lb/sbin/ktcpvs.stop",
		"-rwxr-xr-x /opt/lb/sbin/ktcpvsd",
		"-rwxr-xr-x /opt/lb/sbin/tcpvsadm",
	}
	if got := filesIn(t, dir); !slices.Equal(got, want) {
		t.Errorf("installed:\n%s\nexpected:\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	for _, name := range []string{"lib/systemd/system/ktcpvsd.service", "sbin/ktcpvs.start", "sbin/ktcpvs.stop"} {
		text, err := os.ReadFile(filepath.Join(dir, "opt/lb", name))
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Contains(text, []byte("/opt/lb/sbin")) || bytes.Contains(text, []byte("/usr/local")) {
			t.Errorf("%s does not name the directory that it was installed in", name)
		}
	}
	makeIn(t, "uninstall", "DESTDIR="+dir, "PREFIX=/opt/lb")
	if left := filesIn(t, dir); left != nil {
		t.Errorf("left after make uninstall: %v", left)
	}
}

func TestTheExampleConfigurationLoads(t *testing.T) {
	m := newMachine(t)
	m.runs("sh",
		step{do: "insmod ktcpvs.o; tcpvsadm -f $TREE/scripts/ktcpvs.conf"},
		step{do: "tcpvsadm -Ln | grep ^Virtual", says: "Virtual mail {\nVirtual users {\nVirtual web {"},
	)
}
