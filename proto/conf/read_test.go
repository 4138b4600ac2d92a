package conf

import (
	"errors"
	"net/netip"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"ktcpvs/proto"
)

func parse(t *testing.T, src string) []proto.Virtual {
	t.Helper()
	vs, err := Parse("test.conf", []byte(src), book{})
	if err != nil {
		t.Fatal(err)
	}
	return vs
}

func readFile(t testing.TB, name string) []byte {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// everything is what testdata/everything.conf says.
func everything() []proto.Virtual {
	web, images, spare := netip.MustParseAddrPort("10.0.0.1:80"), netip.MustParseAddrPort("10.0.0.2:81"), netip.MustParseAddrPort("[2001:db8::6]:8080")
	rule := func(server netip.AddrPort, match uint8, c proto.Conditions) proto.Rule {
		return proto.Rule{Service: "web", Conditions: c, Match: match, Dests: []netip.AddrPort{server}}
	}
	return []proto.Virtual{
		{
			Service: proto.Service{
				Name: "web", Scheduler: "hhttp",
				Listen: netip.MustParseAddrPort("0.0.0.0:8080"), Redirect: netip.MustParseAddrPort("127.0.0.1:80"),
				StartServers: 1, MaxClients: 65535, MinSpareServers: 2, MaxSpareServers: 3,
			},
			Dests: []proto.Dest{
				{Service: "web", Addr: web, Weight: 1},
				{Service: "web", Addr: images, Weight: 0},
				{Service: "web", Addr: spare, Weight: 65535},
			},
			Rules: []proto.Rule{
				rule(images, 1, proto.Conditions{Pattern: "/users/([^/]+)/.*"}),
				rule(spare, 0, proto.Conditions{Pattern: `say "hello world"`}),
				rule(web, 0, proto.Conditions{
					Host: `^www\.`, Method: "POST", Source: netip.MustParsePrefix("10.0.0.0/8"),
					Headers: []proto.NamedPattern{{Name: "X-Debug"}, {Name: "Accept", Pattern: "json"}},
					Cookies: []proto.NamedPattern{{Name: "beta", Pattern: "use"}},
					Queries: []proto.NamedPattern{{Name: "q#p"}},
				}),
			},
		},
		{Service: proto.Service{Name: "a-b"}},
	}
}

func TestEveryStatementIsRead(t *testing.T) {
	got := parse(t, string(readFile(t, "everything.conf")))
	if want := everything(); !reflect.DeepEqual(got, want) {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
}

func TestARuleAsksOneThingOfTheURI(t *testing.T) {
	for rule, want := range map[string]proto.Conditions{
		`path "^/a$"`:                   {Path: "^/a$"},
		`path ^/a i`:                    {Path: "^/a", IgnoreCase: true},
		`Prefix /a/ I method GET`:       {Prefix: "/a/", Method: "GET", IgnoreCase: true},
		`method GET prefix "/i"`:        {Prefix: "/i", Method: "GET"},
		`pattern "i" i`:                 {Pattern: "i", IgnoreCase: true},
		`pattern x i header i`:          {Pattern: "x", IgnoreCase: true, Headers: []proto.NamedPattern{{Name: "i"}}},
		`header a i pattern /x match 1`: {Pattern: "/x", Headers: []proto.NamedPattern{{Name: "a", Pattern: "i"}}},
	} {
		vs, err := Parse("f", []byte("virtual v { server = 10.0.0.1:80 rule = "+rule+" use server 10.0.0.1:80 }"), nil)
		if err != nil || len(vs) != 1 || len(vs[0].Rules) != 1 || !reflect.DeepEqual(vs[0].Rules[0].Conditions, want) {
			t.Errorf("%s is read as %+v, %v, expected %+v", rule, vs, err, want)
		}
	}
}

func TestWhatIsNotGivenStaysZero(t *testing.T) {
	got := parse(t, "virtual v { }")
	if want := []proto.Virtual{{Service: proto.Service{Name: "v"}}}; !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v, want %+v", got, want)
	}
}

func TestEmptyFilesHoldNothing(t *testing.T) {
	for _, src := range []string{"", "\n", " \t\r\n", "# only a comment", "# one\n# two\n"} {
		if got := parse(t, src); len(got) != 0 {
			t.Errorf("%q gives %+v", src, got)
		}
	}
}

func TestLayoutDoesNotMatter(t *testing.T) {
	want := parse(t, "virtual v {\n listen = 10.0.0.9:81\n server = r1:80 2\n rule = pattern /x use server r1:80\n}\n")
	for name, src := range map[string]string{
		"case of keywords":       "VIRTUAL v {\n LISTEN = 10.0.0.9:81\n Server = r1:80 2\n rULE = Pattern /x USE server r1:80\n}\n",
		"CR LF":                  "virtual v {\r\n listen = 10.0.0.9:81\r\n server = r1:80 2\r\n rule = pattern /x use server r1:80\r\n}\r\n",
		"one line":               `virtual v{listen=10.0.0.9:81 server=r1:80 2 rule=pattern "/x" use server r1:80}`,
		"a token a line":         strings.ReplaceAll("virtual v { listen = 10.0.0.9:81 server = r1:80 2 rule = pattern /x use server r1:80 }", " ", "\n"),
		"comments":               "#a\nvirtual v {#b\n listen = 10.0.0.9:81#c \"\n server = r1:80 2 # \x80 }\n rule = pattern \"/x\"#d\n use server r1:80\n}#e",
		"quotes":                 "virtual \"v\" {\n listen = \"10.0.0.9:81\"\n server = \"r1:80\" \"2\"\n rule = pattern \"/x\" use server \"r1:www\"\n}\n",
		"rule before its server": "virtual v {\n listen = 10.0.0.9:81\n rule = pattern /x use server r1:80\n server = r1:80 2\n}\n",
	} {
		if got := parse(t, src); !reflect.DeepEqual(got, want) {
			t.Errorf("%s: got %+v, want %+v", name, got, want)
		}
	}
}

func TestAServiceHasSeveralAddresses(t *testing.T) {
	for src, want := range map[string]string{
		"virtual v { listen = 10.0.0.9:81 scheduler = wlc LISTEN = [::]:82 }":                "10.0.0.9:81 [::]:82",
		"virtual v { listen = 10.0.0.9 listen = 10.0.0.8:80 listen = 10.0.0.7 server = r1 }": "10.0.0.9:8080 10.0.0.8:80 10.0.0.7:8080",
		"virtual v { listen = 10.0.0.9:81 listen = ::1 }":                                    "10.0.0.9:81 [::1]:81",
		"virtual v { listen = 0.0.0.0:80 listen = 10.0.0.9:80 listen = [::]:80 }":            "0.0.0.0:80 10.0.0.9:80 [::]:80",
	} {
		v := parse(t, src)[0]
		var got []string
		for _, addr := range v.Service.Listens() {
			got = append(got, addr.String())
		}
		if strings.Join(got, " ") != want {
			t.Errorf("%s: listens at %s, want %s", src, got, want)
		}
		if len(v.Dests) > 0 && v.Dests[0].Addr.Port() != v.Service.Listen.Port() {
			t.Errorf("%s: server %v, want the port of the first address", src, v.Dests[0].Addr)
		}
	}
}

func TestServersWithoutAPortHaveTheServicesOwn(t *testing.T) {
	for src, want := range map[string]string{
		"virtual v { server = r1 }":                                              "10.0.0.1:8080",
		"virtual v { server = r1 listen = 10.0.0.9:81 }":                         "10.0.0.1:81",
		"virtual v { listen = 10.0.0.9 server = six 3 }":                         "[2001:db8::6]:8080",
		"virtual v { server = [::1] 3 listen = :: }":                             "[::1]:8080",
		"virtual v { rule = pattern x use server r1 server=r1:81 listen=r2:81 }": "10.0.0.1:81",
	} {
		v := parse(t, src)[0]
		if got := v.Dests[0].Addr.String(); got != want {
			t.Errorf("%s: server %s, want %s", src, got, want)
		}
		if listen := v.Service.Listen; listen.IsValid() && listen.Port() == 0 {
			t.Errorf("%s: listens at %s", src, listen)
		}
	}
}

func TestQuotesAndBackslashes(t *testing.T) {
	for written, want := range map[string]string{
		`a\.b`:        `a\.b`,
		`"a\.b"`:      `a\.b`,
		`"a\\.b"`:     `a\\.b`,
		`"say \"x\""`: `say "x"`,
		`"a\\\"b"`:    `a\"b`,
		`"a\\\\"`:     `a\\`,
		`"# { } = "`:  `# { } = `,
		`/x?a=b`:      `/x?a=b`,
		`"é"`:         `é`,
	} {
		v := parse(t, "virtual v { server = r1:80 rule = pattern "+written+" use server r1:80 }")
		if got := v[0].Rules[0].Pattern; got != want {
			t.Errorf("%s is read as %s, want %s", written, got, want)
		}
	}
}

func TestEveryPrefixIsRefusedOrWhole(t *testing.T) {
	src := readFile(t, "everything.conf")
	whole := 0
	for end := range src {
		vs, err := Parse("test.conf", src[:end], book{})
		var bad *Error
		switch {
		case err == nil:
			whole += len(vs)
		case !errors.As(err, &bad):
			t.Fatalf("first %d bytes: %T %v", end, err, err)
		case bad.Line < 1 || bad.Column < 1 || bad.Expected == "" || bad.Found == "":
			t.Fatalf("first %d bytes: %+v", end, bad)
		}
	}
	if whole == 0 {
		t.Error("not even the prefix with the first block is read")
	}
}

func TestTrailingDataIsRefused(t *testing.T) {
	for _, rest := range []string{"x", "}", "{", "=", `"`, "\x00", "virtual"} {
		if _, err := Parse("test.conf", []byte("virtual v { }\n"+rest), book{}); err == nil {
			t.Errorf("%q after the last block is taken", rest)
		}
	}
}

func TestPositionsFollowTheChanges(t *testing.T) {
	f, err := Read("test.conf", readFile(t, "everything.conf"), book{})
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for i, change := range f.Changes() {
		at, ok := f.Position(i)
		if ok != (change.Command != proto.CmdReplace) {
			t.Fatalf("change %d has a position: %v", i, ok)
		}
		line := ""
		if ok {
			line = strings.Split(string(readFile(t, "everything.conf")), "\n")[at.Line-1][at.Column-1:]
		}
		got = append(got, strings.Fields(line + " -")[0])
	}
	want := []string{"-", "web", "r1:www", "r2:81", "six", "pattern", "Pattern", "HOST", "a-b"}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("positions point at %q, want %q", got, want)
	}
	if _, ok := f.Position(len(want)); ok {
		t.Error("a change past the last has a position")
	}
	if _, ok := f.Position(-1); ok {
		t.Error("a negative change has a position")
	}
}

func TestChangesReplaceThenAddInFileOrder(t *testing.T) {
	vs := everything()
	want := []proto.Change{{Command: proto.CmdReplace}, {Command: proto.CmdNewService, Service: vs[0].Service}}
	for _, d := range vs[0].Dests {
		want = append(want, proto.Change{Command: proto.CmdNewDest, Dest: d})
	}
	for _, r := range vs[0].Rules {
		want = append(want, proto.Change{Command: proto.CmdNewRule, Rule: r})
	}
	want = append(want, proto.Change{Command: proto.CmdNewService, Service: vs[1].Service})
	if got := (&File{Virtuals: vs}).Changes(); !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v\nwant %+v", got, want)
	}
}
