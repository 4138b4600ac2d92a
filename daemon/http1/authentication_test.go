package http1

import "testing"

// What names a scheme that authenticates the connection, and what only looks like it.
var connectionSchemes = []struct {
	value string
	names bool
}{
	{"NTLM", true},
	{"nTLM", true},
	{"Negotiate", true},
	{"NEGOTIATE", true},
	{"NTLM TlRMTVNTUAABAAAAB4IIogAAAAAAAAAAAAAAAAAAAAAGAbEdAAAADw==", true},
	{"Negotiate oRQwEqADCgEBoQsGCSqGSIL3EgECAg==", true},
	{"Negotiate\ttab", true},
	{"Basic realm=\"a\", NTLM", true},
	{"Basic realm=\"a\",NTLM", true},
	{"Basic realm=\"a, b\", Negotiate, Digest realm=\"c\"", true},
	{"Basic realm=\"a \\\" , b\", nEgOtIaTe", true},
	{"Negotiate, Basic realm=\"a\"", true},
	{", ,\tNTLM", true},
	{"NTLM =token", true},
	{"NTLM,Negotiate", true},
	{"NTLM;x", true},

	{"NTLM=", true},
	{"Basic realm=\"a, NTLM", true},
	{"Basic realm=\"a\\\", Negotiate", true},
	{"Digest nonce=\"a\", realm=\"b , NTLM x", true},

	{"", false},
	{"Basic realm=\"a NTLM", false},
	{"Basic bnRsbTpudGxt", false},
	{"Bearer NTLM", false},
	{"Basic realm=\"NTLM\"", false},
	{"Basic realm=\"x, NTLM\"", false},
	{"Basic realm=\"x\\\", NTLM\"", false},
	{"Digest realm=\"x\", ntlm=\"1\"", false},
	{"Digest realm=\"x\", Negotiate = 1", false},
	{"Digest username=NTLM", false},
	{"NTLMv3 x", false},
	{"XNTLM", false},
	{"X-Negotiate a", false},
	{"Negotiates", false},
	{"\"NTLM\"", false},
}

func TestASchemeThatAuthenticatesTheConnectionIsSeenWhereverItStands(t *testing.T) {
	for _, c := range connectionSchemes {
		if got := namesConnectionScheme([]byte(c.value)); got != c.names {
			t.Errorf("%q: names NTLM or Negotiate as a scheme: %v, want %v", c.value, got, c.names)
		}
	}
}

func TestCredentialsAndChallengesAreLookedForInTheirFieldsOnly(t *testing.T) {
	for _, c := range []struct {
		fields  string
		request bool
		answer  bool
	}{
		{"", false, false},
		{"Authorization: NTLM a\r\n", true, false},
		{"authorization: ntlm a\r\n", true, false},
		{"Proxy-Authorization: Negotiate a\r\n", true, false},
		{"WWW-Authenticate: NTLM\r\n", false, true},
		{"www-authenticate:Negotiate\r\n", false, true},
		{"PROXY-AUTHENTICATE: NTLM\r\n", false, true},
		{"WWW-Authenticate: Basic realm=\"a\"\r\nWWW-Authenticate: NTLM\r\n", false, true},
		{"WWW-Authenticate: NTLM\r\nWWW-Authenticate: Basic realm=\"a\"\r\n", false, true},
		{"WWW-Authenticate: Basic realm=\"a\", Negotiate\r\n", false, true},
		{"Authorization: Basic a\r\nAuthorization: Negotiate b\r\n", true, false},
		{"Connection: Authorization\r\nAuthorization: NTLM a\r\n", true, false},
		{"X-Authorization: NTLM\r\nAuthentication-Info: Negotiate\r\nVia: NTLM\r\n", false, false},
	} {
		var p Parser
		var r Request
		lim := DefaultLimits()
		if n, err := p.Request([]byte("GET / HTTP/1.1\r\nHost: a\r\n"+c.fields+"\r\n"), &lim, &r); n == 0 || err != nil {
			t.Fatalf("request with %q: %d, %v", c.fields, n, err)
		}
		if r.Bound != c.request {
			t.Errorf("request with %q: bound %v, want %v", c.fields, r.Bound, c.request)
		}
		var a Response
		if n, err := p.Response([]byte("HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\n"+c.fields+"\r\n"), &lim, GET, &a); n == 0 || err != nil {
			t.Fatalf("response with %q: %d, %v", c.fields, n, err)
		}
		if a.Bound != c.answer {
			t.Errorf("response with %q: bound %v, want %v", c.fields, a.Bound, c.answer)
		}
	}
}
