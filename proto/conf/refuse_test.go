package conf

import (
	"strings"
	"testing"
)

func TestWhatIsWrongIsNamedWithItsPlace(t *testing.T) {
	long := strings.Repeat("x", 256)
	rule := func(conditions string) string {
		return "virtual v {\nserver = r1:80\nrule = " + conditions + " use server r1:80\n}"
	}
	for name, c := range map[string]struct{ src, want string }{
		// Structure.
		"unknown word":            {"\n  virtuel v {", `f:2:3: expected "virtual", "knobs" or "modules", found "virtuel" (did you mean "virtual"?)`},
		"quoted keyword":          {`"virtual" v { }`, `f:1:1: expected "virtual", "knobs" or "modules", found "virtual"`},
		"no name":                 {"virtual {", `f:1:9: expected the name of a virtual service, found "{"`},
		"nothing after virtual":   {"virtual", `f:1:8: expected the name of a virtual service, found the end of the file`},
		"empty name":              {`virtual "" {`, `f:1:9: expected the name of a virtual service, found "" (`},
		"long name":               {"virtual abcdefghijklmnop {", `f:1:9: expected the name of a virtual service, found "abcdefghijklmnop" (`},
		"name not UTF-8":          {"virtual \xff {", `f:1:9: expected the name of a virtual service, found "\xff" (`},
		"no brace":                {"virtual v listen", `f:1:11: expected "{", found "listen"`},
		"repeated virtual":        {"virtual v { }\nvirtual v { }", `f:2:9: expected another name than that of line 1, found "v"`},
		"unterminated block":      {"virtual v {\n listen = r1:80\n", `f:3:1: expected "listen", "scheduler", "startservers", "maxclients", "minspareservers", "maxspareservers", "redirect", "via", "allow-loop", "freebind", "v6only", "state", "server", "rule" or "}", found the end of the file`},
		"block in a block":        {"virtual v {\nvirtual", `f:2:1: expected "listen", "scheduler", "startservers", "maxclients", "minspareservers", "maxspareservers", "redirect", "via", "allow-loop", "freebind", "v6only", "state", "server", "rule" or "}", found "virtual"`},
		"unknown keyword":         {"virtual v {\n\tlisten = r1:80\n\tport = 80", `f:3:2: expected "listen", "scheduler", "startservers", "maxclients", "minspareservers", "maxspareservers", "redirect", "via", "allow-loop", "freebind", "v6only", "state", "server", "rule" or "}", found "port"`},
		"brace too many":          {"virtual v { } }", `f:1:15: expected "virtual", "knobs" or "modules", found "}"`},
		"no equals sign":          {"virtual v { listen r1:80 }", `f:1:20: expected "=", found "r1:80"`},
		"no value":                {"virtual v { listen = }", `f:1:22: expected host:port, found "}"`},
		"unterminated quote":      {"virtual v {\n scheduler = \"http\n}", `f:2:14: expected a closing " on the same line, found the end of the line`},
		"unterminated quote CRLF": {"virtual \"v\r\n", `f:1:9: expected a closing " on the same line, found the end of the line`},
		"quote at the end":        {`virtual "v`, `f:1:9: expected a closing " on the same line, found the end of the file`},
		"escaped closing quote":   {`virtual "v\"`, `f:1:9: expected a closing " on the same line, found the end of the file`},
		"text after a quote":      {`virtual "v"w {`, `f:1:12: expected white space after a quote, found "w"`},
		"quote in a word":         {`virtual v"w" {`, `f:1:10: expected white space before a quote, found a quote inside "v"`},
		"NUL":                     {"virtual \x00", `f:1:9: expected text, found a NUL byte`},
		"NUL in a word":           {"virtual v\x00 {", `f:1:10: expected text, found a NUL byte`},
		"NUL in a quote":          {"virtual \"v\x00\" {", `f:1:11: expected text, found a NUL byte`},
		"escape in a word":        {"virtual v\x1b[m {", `f:1:10: expected text, found the control byte "\x1b"`},

		// Keywords that stand once.
		"listen again":          {"virtual v {\nlisten = r1:80\nListen = [::1]:80\nListen = r1\n}", `f:4:10: expected another address than that of line 2, found "r1"`},
		"33 addresses":          {"virtual v {\n" + strings.Repeat("listen = r1:80 ", 32) + "\nlisten = r2:80 listen = r1:81 }", `f:3:10: expected 32 listen addresses at most, found "r2:80"`},
		"scheduler twice":       {"virtual v {\nscheduler=wlc\nscheduler=wlc", `f:3:1: expected "scheduler" only once (it stands in line 2), found "scheduler"`},
		"startservers twice":    {"virtual v {\nstartservers=1\nstartservers=1", `f:3:1: expected "startservers" only once (it stands in line 2), found "startservers"`},
		"maxclients twice":      {"virtual v {\nmaxclients=1\nmaxclients=1", `f:3:1: expected "maxclients" only once (it stands in line 2), found "maxclients"`},
		"minspareservers twice": {"virtual v {\nminspareservers=1\nminspareservers=1", `f:3:1: expected "minspareservers" only once (it stands in line 2), found "minspareservers"`},
		"maxspareservers twice": {"virtual v {\nmaxspareservers=1\nmaxspareservers=1", `f:3:1: expected "maxspareservers" only once (it stands in line 2), found "maxspareservers"`},
		"redirect twice":        {"virtual v {\nredirect=r1:80\nredirect=r1:80", `f:3:1: expected "redirect" only once (it stands in line 2), found "redirect"`},

		// Values.
		"startservers 0":      {"virtual v { startservers = 0 }", `f:1:28: expected a number from 1 to 65535, found "0"`},
		"maxclients 65536":    {"virtual v { maxclients = 65536 }", `f:1:26: expected a number from 1 to 65535, found "65536"`},
		"minspareservers -1":  {"virtual v { minspareservers = -1 }", `f:1:31: expected a number from 1 to 65535, found "-1"`},
		"maxspareservers few": {"virtual v { maxspareservers = few }", `f:1:31: expected a number from 1 to 65535, found "few"`},
		"huge number":         {"virtual v { maxclients = 99999999999999999999 }", `f:1:26: expected a number from 1 to 65535, found "99999999999999999999"`},
		"number is missing":   {"virtual v { maxclients = }", `f:1:26: expected a number from 1 to 65535, found "}"`},
		"weight 65536":        {"virtual v { server = r1:80 65536 }", `f:1:28: expected a number from 0 to 65535, found "65536"`},
		"weight -1":           {"virtual v { server = r1:80 -1 }", `f:1:28: expected a number from 0 to 65535, found "-1"`},
		"long scheduler":      {"virtual v { scheduler = abcdefghijklmnop }", `f:1:25: expected one of wlc, http, phttp, chttp, hhttp, found "abcdefghijklmnop"`},
		"redirect, no port":   {"virtual v { redirect = r1 }", `f:1:24: expected host:port, with its port, found "r1"`},
		"port 0":              {"virtual v { listen = r1:0 }", `f:1:22: expected host:port, found "r1:0" (port "0" is not in 1..65535)`},
		"port 65536":          {"virtual v { listen = r1:65536 }", `f:1:22: expected host:port, found "r1:65536" (port "65536" is not in 1..65535)`},
		"unknown host":        {"virtual v { server = nosuch:80 1 }", `f:1:22: expected host:port, found "nosuch:80" (host "nosuch" does not resolve: no such host)`},
		"unknown service":     {"virtual v { server = r1:gopher 1 }", `f:1:22: expected host:port, found "r1:gopher" (service "gopher" does not resolve: unknown port)`},
		"server nowhere":      {"virtual v { server = 0.0.0.0:80 }", `f:1:22: expected a real server's address, found "0.0.0.0:80" (0.0.0.0 is no machine's address, expected that of a real server (127.0.0.1 or ::1 for this machine))`},
		"server of many":      {"virtual v { server = 224.0.0.5:80 }", `f:1:22: expected a real server's address, found "224.0.0.5:80" (224.0.0.5 is a multicast address, expected that of one real server)`},
		"server of all":       {"virtual v { server = 255.255.255.255:80 }", `f:1:22: expected a real server's address, found "255.255.255.255:80" (255.255.255.255 is the broadcast address, expected that of one real server)`},
		"server on a link":    {"virtual v { server = [fe80::1]:80 }", `f:1:22: expected a real server's address, found "[fe80::1]:80" (fe80::1 is a link-local address, which needs a zone and can not have one here: expected another of the real server's)`},
		"server twice":        {"virtual v {\nserver = r1:80\nserver = 10.0.0.1:www 3\n}", `f:3:10: expected another server than that of line 2, found "10.0.0.1:www"`},

		// Rules.
		"listen at multicast": {"virtual v { listen = 224.0.0.1:80 }", `f:1:22: expected a listen address, found "224.0.0.1:80" (224.0.0.1 is a multicast address, to which nobody can connect)`},
		"rule twice":          {"virtual v {\nserver = r1:80\nrule = pattern x use server r1:80\nrule = pattern x use server 10.0.0.1:www\n}", `f:4:8: expected another rule than that of line 3, found pattern "x"`},
		"another match":       {"virtual v {\nserver = r1:80 server = r2:80\nrule = pattern x match 1 use server r1:80\nrule = pattern x match 2 use server r2:80\n}", `f:4:8: expected match 1, as the same conditions have in line 3, found match 2`},
		"undeclared server":   {"virtual v {\nserver = r1:80\nrule = pattern /x use server r2:80\n}", `f:3:30: expected a server that virtual service "v" declares, found "r2:80"`},
		"other port":          {"virtual v {\nserver = r1:80\nrule = pattern /x use server r1\n}", `f:3:30: expected a server that virtual service "v" declares, found "r1"`},
		"no condition":        {"virtual v {\nserver = r1:80\nrule = match 1 use server r1:80", `f:3:16: expected "pattern", "path", "prefix", "host", "method", "header", "cookie", "query" or "source", found "use"`},
		"empty rule":          {"virtual v {\nrule = }", `f:2:8: expected "pattern", "path", "prefix", "host", "method", "header", "cookie", "query", "source", "match" or "use", found "}"`},
		"unknown condition":   {rule("uri /x"), `f:3:8: expected "pattern", "path", "prefix", "host", "method", "header", "cookie", "query", "source", "match" or "use", found "uri"`},
		"path and pattern":    {rule("path /x pattern /y"), `f:3:16: expected no pattern beside path, as a rule has one of pattern, path and prefix, found "pattern"`},
		"prefix and path":     {rule("prefix /x i path /y"), `f:3:20: expected no path beside prefix, as a rule has one of pattern, path and prefix, found "path"`},
		"bad path":            {rule("path a(b"), `f:3:13: expected an extended regular expression, found "a(b" (missing closing ): "a(b")`},
		"prefix of no path":   {rule("prefix x/"), `f:3:15: expected what a path begins with, found "x/" (it does not begin with "/", as all paths do)`},
		"prefix with a query": {rule(`prefix "/x?a"`), `f:3:15: expected what a path begins with, found "/x?a" (path-prefix has "?" at byte 2, expected visible ASCII without "?" and "#")`},
		"i of a host":         {rule("host x i"), `f:3:15: expected "pattern", "path", "prefix", "host", "method", "header", "cookie", "query", "source", "match" or "use", found "i"`},
		"i twice":             {rule("path /x i i"), `f:3:18: expected "pattern", "path", "prefix", "host", "method", "header", "cookie", "query", "source", "match" or "use", found "i"`},
		"no use":              {"virtual v { rule = pattern /x server r1:80", `f:1:31: expected "pattern", "path", "prefix", "host", "method", "header", "cookie", "query", "source", "match" or "use", found "server"`},
		"no server keyword":   {"virtual v { rule = pattern /x use r1:80", `f:1:35: expected "server", found "r1:80"`},
		"no server":           {"virtual v { rule = pattern /x use server }", `f:1:42: expected host:port, found "}"`},
		"pattern twice":       {rule("pattern /x pattern /y"), `f:3:19: expected "pattern" only once in a rule, found "pattern"`},
		"host twice":          {rule("host x host y"), `f:3:15: expected "host" only once in a rule, found "host"`},
		"method twice":        {rule("method GET method PUT"), `f:3:19: expected "method" only once in a rule, found "method"`},
		"source twice":        {rule("source 10.0.0.1 source 10.0.0.1"), `f:3:24: expected "source" only once in a rule, found "source"`},
		"match twice":         {rule("pattern x match 1 match 1"), `f:3:26: expected "match" only once in a rule, found "match"`},
		"match 11":            {rule("pattern x match 11"), `f:3:24: expected a number from 0 to 10, found "11"`},
		"empty pattern":       {rule(`pattern ""`), `f:3:16: expected an extended regular expression, found "" (`},
		"long pattern":        {rule("pattern " + long), `f:3:16: expected an extended regular expression, found "` + long[:60] + `"... (`},
		"bad pattern":         {rule("pattern /(x"), `f:3:16: expected an extended regular expression, found "/(x" (missing closing ): "/(x")`},
		"bad host":            {rule(`host "*"`), `f:3:13: expected an extended regular expression, found "*" (missing argument to repetition operator: "*")`},
		"pattern not UTF-8":   {rule("pattern \xff"), `f:3:16: expected an extended regular expression, found "\xff" (`},
		"bad method":          {rule(`method "G T"`), `f:3:15: expected a method, found "G T" (`},
		"long method":         {rule("method " + long[:33]), `f:3:15: expected a method, found "` + long[:33] + `" (`},
		"bad header name":     {rule(`header "A B"`), `f:3:15: expected a header's name, without ":", found "A B" (`},
		"colon of a header":   {rule(`header X-A: "b"`), `f:3:15: expected a header's name, without ":", found "X-A:" (name has ":" at byte 3, expected a token)`},
		"equals of a header":  {rule(`header "X-A=b"`), `f:3:15: expected a header's name, without ":", found "X-A=b" (name has "=" at byte 3, expected a token)`},
		"address twice":       {"virtual v { listen = 10.0.0.1:80 }\nvirtual w { listen = 10.0.0.1:80 }", `f:2:22: expected another address than that of virtual service "v", found "10.0.0.1:80"`},
		"the second twice":    {"virtual v { listen = 10.0.0.1:80 listen = 10.0.0.2:80 }\nvirtual w { listen = 10.0.0.3:80 listen = 10.0.0.2:80 }", `f:2:43: expected another address than that of virtual service "v", found "10.0.0.2:80"`},
		"port or no port":     {"virtual v { listen = fd00::1:80 }", `f:1:22: expected host:port, found "fd00::1:80" ("fd00::1:80" may end in a port or not: write [fd00::1]:80, or [fd00::1:80] for the address alone)`},
		"header with no name": {rule("header }"), `f:3:15: expected a header's name, without ":", found "}"`},
		"empty query name":    {rule(`query ""`), `f:3:14: expected a name, found "" (`},
		"bad header pattern":  {rule(`header A "["`), `f:3:17: expected an extended regular expression, found "[" (missing closing ]: "[")`},
		"17 headers":          {rule(strings.Repeat("header A ", 17)), `f:3:152: expected "header" no more than 16 times in a rule, found "header"`},
		"bad source":          {rule("source 10.0.0.0/33"), `f:3:15: expected address/length, found "10.0.0.0/33" ("10.0.0.0/33" is no address/length)`},
		"source past length":  {rule("source 10.1.2.3/8"), `f:3:15: expected address/length, found "10.1.2.3/8" (`},
		"source is a name":    {rule("source r1"), `f:3:15: expected address/length, found "r1" ("r1" is no address)`},
	} {
		vs, err := Parse("f", []byte(c.src), book{})
		switch {
		case err == nil:
			t.Errorf("%s: taken as %+v", name, vs)
		case strings.HasSuffix(c.want, "(") && strings.HasPrefix(first(err), c.want):
			// What follows is proto's to say.
		case first(err) != c.want:
			t.Errorf("%s:\n got %s\nwant %s", name, err, c.want)
		case vs != nil:
			t.Errorf("%s: an error comes with %+v", name, vs)
		}
	}
}

// first is the first mistake that a file is refused for.
func first(err error) string {
	line, _, _ := strings.Cut(err.Error(), "\n")
	return line
}
