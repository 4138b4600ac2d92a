package lab

import (
	"os"
	"strings"

	"ktcpvs/tests/steady"
)

// condition has the host's network behave as a machine may that is set up in
// another way than this one: a new network has the first one's values, whatever
// its maker's are.
func (h *Host) condition() {
	h.t.Helper()
	for _, setting := range steady.Sysctls() {
		path := h.Path("/proc/sys/" + strings.ReplaceAll(setting.Name, ".", "/"))
		if err := os.WriteFile(path, []byte(setting.Value), 0o644); err != nil {
			h.t.Fatalf("on %s: %s asks for %s = %s: %v", h.Name, steady.Conditions, setting.Name, setting.Value, err)
		}
	}
}
