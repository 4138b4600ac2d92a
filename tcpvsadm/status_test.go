package main

import (
	"path/filepath"
	"testing"

	"golang.org/x/sys/unix"

	"ktcpvs/proto"
)

// A script tells what differs from what could not be compared.
func TestAComparisonThatFailsHasAStatusOfItsOwn(t *testing.T) {
	o := prepared(t)
	wrong := write(t, "virtual web { listen = 10.0.0.1:0 }\n")
	o.fails(exitUsage, wrong+`:1:24: expected host:port, found "10.0.0.1:0" (port "0" is not in 1..65535)`, "-f", wrong, "--diff")
	o.fails(exitFailed, wrong+`:1:24: expected host:port, found "10.0.0.1:0" (port "0" is not in 1..65535)`, "-f", wrong)
	none := filepath.Join(t.TempDir(), "none")
	o.fails(exitUsage, "open "+none+": no such file or directory", "-f", none, "--diff")
	o.stdin = "virtual web {"
	if r := o.call("-R", "--diff"); r.status != exitUsage {
		t.Errorf("standard input that ends within a block: status %d, expected %d", r.status, exitUsage)
	}
	o.daemon.Refuse(proto.CmdGetInfo, proto.Errorf(unix.EPERM, "why"))
	o.fails(exitUsage, "Permission denied (you must be root): why", "-f", write(t, sample), "--diff")
}

func TestAServerHasTheAddressOfOneMachine(t *testing.T) {
	o := prepared(t)
	for addr, why := range map[string]string{
		"0.0.0.0:80":      "0.0.0.0 is no machine's address, expected that of a real server (127.0.0.1 or ::1 for this machine)",
		"[::]:80":         ":: is no machine's address, expected that of a real server (127.0.0.1 or ::1 for this machine)",
		"224.0.0.5":       "224.0.0.5 is a multicast address, expected that of one real server",
		"[ff02::1]:80":    "ff02::1 is a multicast address, expected that of one real server",
		"255.255.255.255": "255.255.255.255 is the broadcast address, expected that of one real server",
		"fe80::a":         "fe80::a is a link-local address, which needs a zone and can not have one here: expected another of the real server's",
	} {
		o.fails(exitUsage, "option --real-server (-r) with command --add-server (-a): "+why, "-a", "-i", "web", "-r", addr)
	}
	o.does("-a", "-i", "web", "-r", "169.254.1.1:80")
}
