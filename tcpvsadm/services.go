package main

import (
	"os"
	"slices"
	"strconv"
	"strings"
)

// usual are the names that operators of the original saw for its two ports.
// They are printed where the system's file has them, be it as aliases.
var usual = map[uint16]string{80: "www", 8080: "webcache"}

// readServices gives the names of each TCP port in a file like /etc/services,
// the official one first. A file that can not be read names none.
func readServices(path string) map[uint16][]string {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil
	}
	ports := make(map[uint16][]string)
	for line := range strings.Lines(string(text)) {
		line, _, _ = strings.Cut(line, "#")
		fields := strings.Fields(line)
		if len(fields) < 2 {
			continue
		}
		number, protocol, _ := strings.Cut(fields[1], "/")
		port, err := strconv.ParseUint(number, 10, 16)
		if err != nil || protocol != "tcp" {
			continue
		}
		ports[uint16(port)] = append(ports[uint16(port)], fields[0])
		ports[uint16(port)] = append(ports[uint16(port)], fields[2:]...)
	}
	return ports
}

// serviceName gives a name of the port that leads back to it, or "".
func (r *resolver) serviceName(port uint16) string {
	candidates := r.ports[port]
	if name := usual[port]; slices.Contains(candidates, name) {
		candidates = append([]string{name}, candidates...)
	}
	for _, name := range candidates {
		if back, err := r.Port(name); err == nil && back == port && isHostName(name) {
			return name
		}
	}
	return ""
}
