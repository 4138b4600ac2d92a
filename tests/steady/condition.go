package steady

import (
	"os"
	"strings"
)

// Conditions is the environment variable with the sysctls that the tests' own
// networks are to have, as "NAME=VALUE; NAME=VALUE": tests/soak sets it, to see
// that no test depends on those of one machine.
const Conditions = "KTCPVS_SYSCTLS"

// Sysctl is a setting of a network.
type Sysctl struct{ Name, Value string }

// Sysctls is what Conditions says.
func Sysctls() (list []Sysctl) {
	for setting := range strings.SplitSeq(os.Getenv(Conditions), ";") {
		if name, value, found := strings.Cut(setting, "="); found {
			list = append(list, Sysctl{strings.TrimSpace(name), strings.TrimSpace(value)})
		}
	}
	return list
}
