package house

import (
	"errors"
	"fmt"
	"net/netip"
	"testing"

	"ktcpvs/daemon/match"
	"ktcpvs/daemon/sched"
	"ktcpvs/daemon/table"
	"ktcpvs/proto"

	"pgregory.net/rapid"
)

// The table may not import proto, and both hold the reference's limits: they
// must be the same ones.

func TestTableAndProtoAgreeOnLimitsAndDefaults(t *testing.T) {
	for name, pair := range map[string][2]any{
		"MaxName":                {table.MaxName, proto.MaxName},
		"MaxPattern":             {table.MaxPattern, proto.MaxPattern},
		"MaxMatch":               {table.MaxMatch, proto.MaxMatch},
		"MaxWeight":              {table.MaxWeight, proto.MaxWeight},
		"MaxVia":                 {table.MaxVia, proto.MaxVia},
		"DefaultScheduler":       {table.DefaultScheduler, proto.DefaultScheduler},
		"DefaultListenPort":      {table.DefaultListenPort, proto.DefaultListenPort},
		"DefaultStartServers":    {table.DefaultStartServers, proto.DefaultStartServers},
		"DefaultMaxClients":      {table.DefaultMaxClients, proto.DefaultMaxClients},
		"DefaultMinSpareServers": {table.DefaultMinSpareServers, proto.DefaultMinSpareServers},
		"DefaultMaxSpareServers": {table.DefaultMaxSpareServers, proto.DefaultMaxSpareServers},
	} {
		if pair[0] != pair[1] {
			t.Errorf("%s is %v in table, %v in proto", name, pair[0], pair[1])
		}
	}
}

func TestTableAndProtoTakeTheSameNamesAndPatterns(t *testing.T) {
	server := netip.MustParseAddrPort("10.0.0.1:80")
	text := rapid.OneOf(rapid.String(), rapid.StringMatching(`[a-zA-Z0-9._-]{0,17}`), rapid.StringMatching(`[!-~]{0,3}`), rapid.StringMatching(`/[ -~é]{0,3}`),
		rapid.Map(rapid.IntRange(253, 258), func(n int) string { return fmt.Sprintf("%0*d", n, 0) }))
	rapid.Check(t, func(t *rapid.T) {
		s := text.Draw(t, "text")
		store := table.NewStore(sched.NewRegistry(), 1, match.DefaultLimits())
		err := store.Update(func(tx *table.Tx) error { return tx.AddService(table.ServiceSpec{Name: s}) })
		if want := proto.CheckName(s); (err == nil) != (want == nil) {
			t.Fatalf("name %q: table says %v, proto %v", s, err, want)
		}
		// Whether it compiles is asked at the end of a transaction only.
		err = store.Update(func(tx *table.Tx) error {
			if err := tx.AddService(table.ServiceSpec{Name: "web"}); err != nil {
				return err
			}
			if err := tx.AddServer("web", table.ServerSpec{Addr: server, Weight: 1}); err != nil {
				return err
			}
			err := tx.AddRule("web", table.RuleSpec{Pattern: match.Pattern{Expr: s}, Server: server})
			if want := proto.CheckPattern(s); (err == nil) != (want == nil) {
				t.Fatalf("pattern %q: table says %v, proto %v", s, err, want)
			}
			err = tx.AddRule("web", table.RuleSpec{Pattern: match.Pattern{Prefix: s, Method: "GET"}, Server: server})
			if want := proto.CheckPrefix(s); s != "" && (err == nil) != (want == nil) {
				t.Fatalf("prefix %q: table says %v, proto %v", s, err, want)
			}
			if _, refused := match.Compile([]*match.Pattern{{Prefix: s}}, match.DefaultLimits()); s != "" && err == nil && refused != nil {
				t.Fatalf("prefix %q: table takes it, match says %v", s, refused)
			}
			return errDone
		})
		if err != errDone {
			t.Fatal(err)
		}
	})
}

var errDone = errors.New("done")
