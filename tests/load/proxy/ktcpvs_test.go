package proxy

import (
	"net/netip"
	"testing"

	"ktcpvs/proto/conf"
)

// noNames refuses every name: the configuration is numeric.
type noNames struct{ t *testing.T }

func (n noNames) Host(name string) (netip.Addr, error) {
	n.t.Errorf("the configuration asks for host %q", name)
	return netip.Addr{}, nil
}

func (n noNames) Port(name string) (uint16, error) {
	n.t.Errorf("the configuration asks for port %q", name)
	return 0, nil
}

func TestOurConfigurationMeansTheSetup(t *testing.T) {
	text := Ktcpvs{}.config(listen, setup)
	virtuals, err := conf.Parse("ktcpvs.conf", text, noNames{t})
	if err != nil {
		t.Fatalf("%v in:\n%s", err, text)
	}
	if len(virtuals) != 1 {
		t.Fatalf("%d services, expected one", len(virtuals))
	}
	v := virtuals[0]
	if v.Service.Scheduler != "phttp" || v.Service.Listen != listen || v.Service.MaxClients != MaxClients || len(v.Dests) != len(setup.Servers) {
		t.Errorf("service %+v with servers %+v", v.Service, v.Dests)
	}
	// The latest in the file is tried first, and .* last wherever it stands.
	want := []struct {
		pattern string
		server  int
	}{{".*", setup.Default}, {setup.Rules[1].Pattern, setup.Rules[1].Server}, {"^" + setup.Rules[0].Pattern, setup.Rules[0].Server}}
	if len(v.Rules) != len(want) {
		t.Fatalf("%d rules, expected %d", len(v.Rules), len(want))
	}
	for i, rule := range v.Rules {
		if rule.Pattern != want[i].pattern || len(rule.Dests) != 1 || rule.Dests[0] != setup.Servers[want[i].server] {
			t.Errorf("rule %d is %+v, expected %+v", i, rule, want[i])
		}
	}
}
