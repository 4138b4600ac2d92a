package main

import (
	"fmt"
	"os"
	"strings"

	"golang.org/x/sys/unix"

	"ktcpvs/daemon/configfile"
	"ktcpvs/daemon/control"
	"ktcpvs/daemon/klog"
)

// configuration is the file of --config, and what has become of it.
type configuration struct {
	path string // "" is none
	ctl  *control.Control
	log  *klog.Logger
}

// begin applies the file unless it is the one that was applied last: what was
// changed since then stays. A file that is wrong changes nothing, and the daemon
// goes on with what it has. It says what a service manager is to show.
func (c *configuration) begin(unable []control.Unable) (status string) {
	if c.path == "" {
		return c.degraded("", unable)
	}
	text, err := configfile.Read(c.path)
	if err == nil && text.Digest == c.ctl.ConfigDigest() {
		c.log.Say(klog.Announce, "the configuration file is the one that was applied last, and what was changed since then stays", "file", c.path)
		return c.degraded("", unable)
	}
	if err == nil {
		unable, err = c.apply(text, true)
	}
	if err != nil {
		return c.refused("the table stays as it was", err)
	}
	return c.degraded(c.path+" is applied", unable)
}

// again applies the file as it is now, in one transaction, or says why it changes
// nothing.
func (c *configuration) again() (status string) {
	if c.path == "" {
		c.log.Say(klog.Announce, "SIGHUP: the daemon goes on, and nothing is read again: it was started without --config")
		return "SIGHUP: nothing was read again, as there is no --config"
	}
	text, err := configfile.Read(c.path)
	if err == nil {
		_, err = c.apply(text, false)
	}
	if err != nil {
		return c.refused("reload failed, and nothing has changed", err)
	}
	return c.path + " is applied again"
}

func (c *configuration) apply(text *configfile.Text, lenient bool) ([]control.Unable, error) {
	file, err := text.Parse()
	if err != nil {
		return nil, err
	}
	unable, err := c.ctl.Configure(file, text.Digest, lenient)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", c.path, err)
	}
	c.log.Say(klog.Announce, "the configuration file is applied", "file", c.path, "sha256", text.Digest)
	return unable, nil
}

// refused logs every mistake, a line each, and gives the first.
func (c *configuration) refused(what string, err error) (status string) {
	lines := strings.Split(strings.TrimSpace(err.Error()), "\n")
	for _, line := range lines {
		c.log.Say(klog.Announce, "the configuration file is refused: "+what, "error", line)
	}
	status = "degraded: " + what + ": " + lines[0]
	if len(lines) > 1 {
		status += fmt.Sprintf(" (and %d more lines, see the log)", len(lines)-1)
	}
	return status
}

func (c *configuration) degraded(status string, unable []control.Unable) string {
	if len(unable) == 0 {
		return status
	}
	c.log.Say(klog.Announce, "services are to run and cannot", "services", control.Describe(unable))
	return "degraded: not running: " + control.Describe(unable)
}

// follow applies the file again with each signal, and tells the service manager
// before and after (sd_notify(3), Type=notify-reload).
func (c *configuration) follow(signals <-chan os.Signal) {
	for range signals {
		var now unix.Timespec
		unix.ClockGettime(unix.CLOCK_MONOTONIC, &now)
		notify(fmt.Sprintf("RELOADING=1\nMONOTONIC_USEC=%d", now.Nano()/1000))
		ready(c.again())
	}
}

// ready tells the service manager that all is done, with a line for people.
func ready(status string) {
	if status != "" {
		status = "\nSTATUS=" + status
	}
	notify("READY=1" + status)
}
