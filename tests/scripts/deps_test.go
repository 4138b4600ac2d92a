package scripts

import "testing"

// hideNginx makes a machine on which nginx is not installed.
const hideNginx = `for dir in /usr/sbin /usr/local/sbin; do mount -t tmpfs none $dir; done
[ -L /sbin ] || mount -t tmpfs none /sbin
for tool in ip sysctl; do ln -s /bin/true /usr/sbin/$tool; done; hash -r; ! command -v nginx`

func TestDepsInstallsWhatIsMissingAndStartsNoService(t *testing.T) {
	m := newMachine(t)
	// The fake takes two updates to get through, as a mirror may.
	m.realTool("apt-get", `case "$*" in
*update) [ -e /run/tried ] || { touch /run/tried; exit 100; } ;;
*) echo "$*" >/run/installed; /usr/sbin/policy-rc.d; echo "policy $?" >>/run/installed ;;
esac`)
	m.runs("sh",
		step{do: hideNginx},
		step{do: "$TREE/scripts/deps demo", says: "~missing on this machine, from Debian: nginx\n.*install --no-install-recommends nginx.*"},
		step{do: "cat /run/installed", says: "~.*install --no-install-recommends nginx\npolicy 101"},
		step{do: "ls /usr/sbin", says: "ip\nsysctl"},
		step{do: "ln -s /bin/true /usr/sbin/nginx; rm /run/installed; $TREE/scripts/deps demo; ls /run/installed", status: 2, says: "~ls: .*"},
		step{do: "$TREE/scripts/deps all", status: 2, says: "deps: all: expected demo or nothing"},
	)
}

func TestTheDemoNamesWhatIsMissing(t *testing.T) {
	m := newMachine(t)
	m.runs("sh",
		step{do: hideNginx},
		step{do: "$TREE/scripts/demo", status: 1, says: "demo: nginx is missing: make deps"},
	)
}
