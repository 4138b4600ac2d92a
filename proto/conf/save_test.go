package conf

import (
	"net/netip"
	"reflect"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"ktcpvs/proto"
)

// load is the reference's section 4 in a few lines: it adds what a
// configuration says, in its order, and gives the table as the daemon would
// report it.
func load(vs []proto.Virtual) []proto.Virtual {
	var table []proto.Virtual
	for _, v := range vs {
		entry := proto.Virtual{Service: v.Service, Dests: slices.Clone(v.Dests)}
		entry.Service.Running, entry.Service.State = v.Service.State == proto.On, proto.NotGiven
		slices.Reverse(entry.Dests)
		for _, r := range v.Rules {
			same := func(other proto.Rule) bool { return reflect.DeepEqual(other.Conditions, r.Conditions) }
			switch i := slices.IndexFunc(entry.Rules, same); {
			case i >= 0:
				entry.Rules[i].Dests = append(slices.Clone(r.Dests), entry.Rules[i].Dests...)
			case r.Default():
				entry.Rules = append(entry.Rules, r)
			default:
				entry.Rules = append([]proto.Rule{r}, entry.Rules...)
			}
		}
		table = append([]proto.Virtual{entry}, table...)
	}
	return table
}

var (
	addresses = rapid.Custom(func(t *rapid.T) netip.AddrPort {
		port := rapid.Uint16Range(1, 65535).Draw(t, "port")
		if rapid.Bool().Draw(t, "IPv6") {
			bytes := rapid.SliceOfN(rapid.Byte(), 16, 16).Draw(t, "address")
			return netip.AddrPortFrom(netip.AddrFrom16([16]byte(bytes)).Unmap(), port)
		}
		bytes := rapid.SliceOfN(rapid.Byte(), 4, 4).Draw(t, "address")
		return netip.AddrPortFrom(netip.AddrFrom4([4]byte(bytes)), port)
	})
	serviceNames = rapid.StringMatching(`[a-z0-9._-]{1,15}`)
	expressions  = rapid.OneOf(
		rapid.SampledFrom([]string{".*", "^/.*", `\\`, `a\"`, `"`, `\\\\`, "use", "server"}),
		rapid.String(),
		rapid.StringMatching(`(/[a-z"\\ #=]{0,4})+(\.\*)?`),
	).Filter(func(s string) bool { return CheckExpression(s) == nil })
	fieldNames = rapid.OneOf(
		rapid.SampledFrom([]string{"use", "pattern", "X-A"}),
		rapid.StringMatching(`[a-z"\\#{}=é]{1,6}`),
	)
	tokens     = rapid.StringMatching("[!#$%&'*+.^_`|~0-9A-Za-z-]{1,8}")
	listenable = addresses.Filter(func(a netip.AddrPort) bool { return proto.CheckListen(a.Addr()) == nil })
)

func optional[T any](t *rapid.T, g *rapid.Generator[T], label string) (value T) {
	if rapid.Bool().Draw(t, "has "+label) {
		value = g.Draw(t, label)
	}
	return value
}

func namedPatterns(t *rapid.T, label string, names *rapid.Generator[string]) []proto.NamedPattern {
	var list []proto.NamedPattern
	for range rapid.IntRange(0, 2).Draw(t, label) {
		list = append(list, proto.NamedPattern{Name: names.Draw(t, label), Pattern: optional(t, expressions, label+" expression")})
	}
	return list
}

var configurations = rapid.Custom(func(t *rapid.T) []proto.Virtual {
	counts := rapid.Uint16Range(1, 65535)
	var vs []proto.Virtual
	for _, name := range rapid.SliceOfNDistinct(serviceNames, 0, 4, rapid.ID[string]).Draw(t, "names") {
		v := proto.Virtual{Service: proto.Service{
			State: rapid.SampledFrom([]proto.Switch{proto.NotGiven, proto.Off, proto.On}).Draw(t, "state"),
			Name:  name, Scheduler: rapid.SampledFrom([]string{"", "http", "hhttp"}).Draw(t, "scheduler"),
			Listen: optional(t, listenable, "listen"), Redirect: optional(t, addresses, "redirect"),
			StartServers: optional(t, counts, "start"), MaxClients: optional(t, counts, "clients"),
			MinSpareServers: optional(t, counts, "min"), MaxSpareServers: optional(t, counts, "max"),
		}}
		taken := map[netip.AddrPort]bool{}
		for i := range vs {
			for _, addr := range vs[i].Service.Listens() {
				taken[addr] = true
			}
		}
		if taken[v.Service.Listen] {
			v.Service.Listen = netip.AddrPort{}
		} else if v.Service.Listen.IsValid() {
			taken[v.Service.Listen] = true
			for _, addr := range rapid.SliceOfN(listenable, 0, 3).Draw(t, "also") {
				if !taken[addr] {
					v.Service.Also, taken[addr] = append(v.Service.Also, addr), true
				}
			}
		}
		if s := &v.Service; s.CheckNumbers() != nil {
			s.StartServers, s.MinSpareServers = 1, 1
		}
		ofServers := addresses.Filter(func(a netip.AddrPort) bool { return proto.CheckServer(a.Addr()) == nil })
		servers := rapid.SliceOfNDistinct(ofServers, 0, 5, rapid.ID[netip.AddrPort]).Draw(t, "servers")
		for _, addr := range servers {
			v.Dests = append(v.Dests, proto.Dest{Service: name, Addr: addr, Weight: rapid.Uint32Range(0, proto.MaxWeight).Draw(t, "weight")})
		}
		for range rapid.IntRange(0, 6).Draw(t, "rules") {
			r := proto.Rule{Service: name, Conditions: proto.Conditions{
				Pattern: optional(t, expressions, "pattern"), Host: optional(t, expressions, "host"), Method: optional(t, tokens, "method"),
				Headers: namedPatterns(t, "header", tokens), Cookies: namedPatterns(t, "cookie", fieldNames),
				Queries: namedPatterns(t, "query", fieldNames),
			}}
			switch rapid.IntRange(0, 3).Draw(t, "kind") {
			case 0:
				r.Pattern, r.Path = "", r.Pattern
			case 1:
				r.Pattern, r.Prefix = "", rapid.StringMatching(`/[!"$->@-~]{0,9}`).Draw(t, "prefix")
			}
			r.IgnoreCase = r.URI() != "" && rapid.Bool().Draw(t, "ignore case")
			if rapid.Bool().Draw(t, "has source") {
				addr := addresses.Draw(t, "source").Addr()
				r.Source, _ = addr.Prefix(rapid.IntRange(0, addr.BitLen()).Draw(t, "length"))
			}
			if len(servers) == 0 || !asksAnything(&r.Conditions) {
				continue
			}
			r.Match = uint8(rapid.IntRange(0, proto.MaxMatch).Draw(t, "match"))
			r.Dests = []netip.AddrPort{rapid.SampledFrom(servers).Draw(t, "server")}
			same := slices.ContainsFunc(v.Rules, func(other proto.Rule) bool {
				if equal := other.Conditions.Equal(&r.Conditions); equal {
					r.Match = other.Match
					return slices.Equal(other.Dests, r.Dests)
				}
				return false
			})
			if same {
				continue
			}
			v.Rules = append(v.Rules, r)
		}
		vs = append(vs, v)
	}
	return vs
})

func TestASavedTableLoadsAsTheSameTable(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		table := load(configurations.Draw(t, "configuration"))
		saved := AppendSave(nil, &File{Virtuals: table}, Numeric{})
		vs, err := Parse("saved", saved, book{})
		if err != nil {
			t.Fatalf("%v in\n%s", err, saved)
		}
		if got := load(vs); !reflect.DeepEqual(got, table) {
			t.Fatalf("saved\n%s\nloads as %+v\nnot as   %+v", saved, got, table)
		}
	})
}

func TestAListingIsAConfigurationWithoutItsFirstLine(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		table := load(configurations.Draw(t, "configuration"))
		_, blocks, _ := strings.Cut(string(AppendList(nil, "1.2.3", table, Numeric{})), "\n")
		vs, err := Parse("list", []byte(blocks), book{})
		if err != nil {
			t.Fatalf("%v in\n%s", err, blocks)
		}
		if len(vs) != len(table) {
			t.Fatalf("%d services are listed, %d read", len(table), len(vs))
		}
		for i := range vs {
			vs[i].Service.Running = table[i].Service.Running // which no listing tells
			if !reflect.DeepEqual(vs[i].Service, table[i].Service) || !reflect.DeepEqual(vs[i].Dests, table[i].Dests) {
				t.Fatalf("listed\n%s\nreads as %+v", blocks, vs[i])
			}
		}
	})
}
