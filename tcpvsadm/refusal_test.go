package main

import (
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"ktcpvs/proto"
)

func TestNoDaemonIsTheModuleThatIsNotLoaded(t *testing.T) {
	o := lonely(t)
	o.stdin = "virtual v { }"
	for _, args := range [][]string{
		{}, {"-L"}, {"-A", "-i", "web"}, {"-F"}, {"--start"}, {"-Z"}, {"-S"}, {"-R"}, {"--modules"}, {"--load-module", "wlc"}, {"--knob"},
	} {
		o.fails(exitNoDaemon, "The ktcpvs module not loaded: no ktcpvsd in this network namespace", args...)
	}
}

func TestRefusalsAreTheReferencesMessageThenTheDaemonsText(t *testing.T) {
	o := prepared(t)
	for _, c := range []struct {
		args []string
		want string
	}{
		{[]string{"-A", "-i", "web"}, `Service already exists: service "web"`},
		{[]string{"-A", "-i", "two", "-s", "nosuch"}, `Scheduler not found: scheduler "nosuch"`},
		{[]string{"-E", "-i", "web", "-s", "nosuch"}, `Scheduler not found: scheduler "nosuch"`},
		{[]string{"-E", "-i", "two", "-P", "80"}, `No such service: service "two"`},
		{[]string{"-D", "-i", "two"}, `No such service: service "two"`},
		{[]string{"-L", "-i", "two"}, `No such service: service "two"`},
		{[]string{"--start", "-i", "two"}, `No such service: service "two"`},
		{[]string{"--stop", "-i", "two"}, `No such service: service "two"`},
		{[]string{"-Z", "-i", "two"}, `No such service: service "two"`},
		{[]string{"-a", "-i", "two", "-r", "10.0.0.1:80"}, `Service not defined: service "two"`},
		{[]string{"-e", "-i", "two", "-r", "10.0.0.1:80"}, `Service not defined: service "two"`},
		{[]string{"-d", "-i", "two", "-r", "10.0.0.1:80"}, `Service not defined: service "two"`},
		{[]string{"-a", "-i", "web", "-r", "10.0.0.1:80"}, `Destination already exists: server 10.0.0.1:80 of service "web"`},
		{[]string{"-e", "-i", "web", "-r", "10.0.0.2:80"}, `No such destination: service "web" has no server 10.0.0.2:80`},
		{[]string{"-e", "-i", "web", "-r", "10.0.0.2", "-w", "1"}, `No such destination: server 10.0.0.2:81 of service "web"`},
		{[]string{"-d", "-i", "web", "-r", "10.0.0.2"}, `No such destination: server 10.0.0.2:81 of service "web"`},
		{[]string{"-d", "-i", "web", "-r", "10.0.0.1:80"}, `Destination is busy (a rule uses it): server 10.0.0.1:80 is used by rule "/x"`},
		{[]string{"--add-rule", "-i", "two", "-p", "x", "-r", "10.0.0.1"}, `Service not defined: service "two"`},
		{[]string{"--add-rule", "-i", "web", "-p", "x", "-r", "10.0.0.1"}, `No such destination: server 10.0.0.1:81 of service "web"`},
		{[]string{"--del-rule", "-i", "web", "-p", "x", "-r", "[::1]:80"}, `No such rule: rule "x" with server [::1]:80 of service "web"`},
		{[]string{"--load-module", "nosuch"}, `Scheduler not found: scheduler "nosuch"`},
		{[]string{"--unload-module", "http"}, `Module is in use: 1 services use scheduler "http"`},
		{[]string{"--unload-module", "wlc"}, `Module is not loaded: scheduler "wlc"`},
		{[]string{"--knob", "nosuch"}, `No such knob: "nosuch"`},
		{[]string{"--knob", "nosuch=1"}, `No such knob: "nosuch"`},
	} {
		status := exitAlready
		for _, other := range []string{"Scheduler not found", "Destination is busy", "Module is in use"} {
			if strings.HasPrefix(c.want, other) && c.args[0] != "--load-module" {
				status = exitFailed
			}
		}
		o.fails(status, c.want, c.args...)
	}
	o.does("--start")
	o.fails(exitFailed, `Service is running: service "web": stop it first`, "-D", "-i", "web")
	o.fails(exitFailed, `Service is running: service "web": stop it first`, "-F")
}

func TestErrnosThatAnyCommandMayMeet(t *testing.T) {
	o := prepared(t)
	for errno, want := range map[unix.Errno]string{
		unix.EPERM:      "Permission denied (you must be root): why",
		unix.EINVAL:     "Module is wrong version: why",
		unix.ENOMEM:     "Memory allocation problem: why",
		unix.EADDRINUSE: "Address already in use: why",
	} {
		for command, args := range map[proto.Command][]string{
			proto.CmdNewService: {"-A", "-i", "two"},
			proto.CmdSetDest:    {"-e", "-i", "web", "-r", "10.0.0.1:80", "-w", "1"},
			proto.CmdStart:      {"--start"},
			proto.CmdGetInfo:    {"-L"},
			proto.CmdGetService: {"-S"},
			proto.CmdGetModule:  {"--modules"},
		} {
			if errno == unix.EINVAL && command == proto.CmdGetModule {
				continue // the original had no such command
			}
			o.daemon.Refuse(command, proto.Errorf(errno, "why"))
			o.fails(exitFailed, want, args...)
			o.daemon.Refuse(command, nil)
		}
	}
	o.daemon.Refuse(proto.CmdGetModule, proto.Errorf(unix.EINVAL, "why"))
	o.fails(exitFailed, "Invalid argument: why", "--modules")
}
