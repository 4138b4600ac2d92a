package scripts

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"ktcpvs/tests/require"
)

// shells are those that env must work in.
var shells = []string{"bash", "dash"}

// setupBlock is the block of 2004 as the source-tree view has it.
func setupBlock(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(root, "scripts/ktcpvs/SETUP"))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func TestTheReadmeHasTheSetupBlock(t *testing.T) {
	readme, err := os.ReadFile(filepath.Join(root, "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(readme), "\n```sh\n"+setupBlock(t)+"```\n") {
		t.Error("README.md does not have scripts/ktcpvs/SETUP as it is")
	}
}

func TestTheSetupBlockRunsLineForLine(t *testing.T) {
	const list = `TCP Virtual Server version [0-9.]+
Virtual http \{
    listen = 0.0.0.0:webcache
    scheduler = http
    startservers = 8
    maxclients = 65535
    minspareservers = 6
    maxspareservers = 18
    server = r3:www 1
    server = r2:www 1
    server = r1:www 1
    rule = pattern "/html/\.\*" use server r2:www
    rule = pattern "/images/\.\*" use server r1:www
    rule = pattern "\.\*" use server r3:www
\}`
	says := map[string]string{
		"make":                      "*",
		"make -C userspace":         "*",
		"make install":              "*",
		"userspace/tcpvsadm --list": "~" + list,
		// The block has just flushed everything. The original said so too, and exited with 0.
		"userspace/tcpvsadm --start -i http": "~tcpvsadm: No such service.*",
		"userspace/tcpvsadm --stop -i http":  "~tcpvsadm: No such service.*",
	}
	operator := strings.NewReplacer("<path-name>", "$TREE/scripts", "<config-file>", "/run/http.conf")
	for _, shell := range shells {
		t.Run(shell, func(t *testing.T) {
			require.Tool(t, shell)
			m := newMachine(t)
			m.path = os.Getenv("PATH")
			steps := []step{
				{do: `for n in 1 2 3; do echo 198.18.$n.1 r$n; done >/run/hosts; mount --bind /run/hosts /etc/hosts`},
				{do: `echo 'virtual other { server = 198.18.9.1:80 1 }' >/run/http.conf`},
				{do: "export DESTDIR=/run/installed; . ./env"},
			}
			for line := range strings.Lines(setupBlock(t)) {
				line = strings.TrimSpace(line)
				// su asks for another shell: the test is root already.
				if line == "" || line == "su" || strings.HasPrefix(line, "#") {
					continue
				}
				s := step{do: operator.Replace(line), says: says[line]}
				if strings.HasPrefix(s.says, "~tcpvsadm: ") {
					s.status = 4 // the service is gone by then
				}
				steps = append(steps, s)
				switch line {
				case "echo 2 > /proc/sys/net/ktcpvs/debug_level":
					steps = append(steps, step{do: "cat /proc/sys/net/ktcpvs/debug_level", says: "2"})
				case "userspace/tcpvsadm -f <config-file>":
					steps = append(steps, step{do: "userspace/tcpvsadm -L | grep ^Virtual", says: "Virtual other {"})
				}
			}
			m.runs(shell, append(steps,
				step{do: "ls -d /proc/sys/net/ktcpvs", status: 2, says: "*"},
				step{do: "/run/installed/usr/local/sbin/tcpvsadm --version", says: "*"},
			)...)
		})
	}
}

func TestEnvCanBeSourcedTwiceAndLeft(t *testing.T) {
	for _, shell := range shells {
		t.Run(shell, func(t *testing.T) {
			require.Tool(t, shell)
			m := newMachine(t)
			m.path = os.Getenv("PATH")
			m.runs(shell,
				step{do: "set -eu; before=$PATH; . ./env; once=$PATH; . ./env; [ \"$PATH\" = \"$once\" ]"},
				step{do: "for tool in insmod rmmod modprobe lsmod; do command -v $tool; done | sed 's,.*/ktcpvs/,,'",
					says: "stand-ins/insmod\nstand-ins/rmmod\nstand-ins/modprobe\nstand-ins/lsmod"},
				step{do: `[ "$(command -v ktcpvsd)" = "$TREE/bin/ktcpvsd" ]`},
				step{do: "PATH=/first:$PATH; ktcpvs_leave; [ \"$PATH\" = \"/first:$before\" ]"},
				step{do: "command -v ktcpvs_leave || echo gone", says: "gone"},
				step{do: "set | grep ^ktcpvs_ || echo none", says: "none"},
				step{do: ". ./env; ktcpvs_leave; [ \"$PATH\" = \"/first:$before\" ]"},
			)
		})
	}
}

func TestEnvWorksInAShellThatInheritedIt(t *testing.T) {
	m := newMachine(t)
	m.path = os.Getenv("PATH")
	m.runs("sh", step{do: `before=$PATH; export before; . ./env; sh -c '. ./env; ktcpvs_leave; [ "$PATH" = "$before" ]'`})
}

func TestEnvSaysWhereItMustBeSourced(t *testing.T) {
	m := newMachine(t)
	m.path = os.Getenv("PATH")
	require.Tool(t, "bash")
	m.runs("sh",
		step{do: "cd /; sh -c '. $TREE/scripts/ktcpvs/env'", status: 1, says: "env: go to scripts/ktcpvs first, then . ./env"},
		step{do: "bash -c '. $TREE/scripts/ktcpvs/env; command -v lsmod | sed s,.*/,,'", says: "lsmod"},
	)
}
