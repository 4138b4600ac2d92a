package relay

import (
	"testing"
	"time"

	"ktcpvs/daemon/http1"
)

// newYear is 2026-01-01 00:00:00, the time that these cookies are set at.
var newYear = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC).Unix()

const day = 24 * 3600

func TestACookieLivesAsLongAsTheServerSays(t *testing.T) {
	for _, c := range []struct {
		value string
		life  int64
		fixed bool
	}{
		{"a=b", sidLife, false},
		{"a=b; Path=/; HttpOnly", sidLife, false},
		{"a=", sidLife, false},
		{"a=b=c; Secure; SameSite=Lax; Version=1; Comment=x", sidLife, false},
		{"a=b; Max-Age=60", 60, true},
		{"a=b;Max-Age=60", 60, true},
		{"a=b;;;;max-AGE=60;", 60, true},
		{"a=b; Max-Age = 60", 60, true},
		{"a=b;\tMax-Age\t=\t60\t; Secure", 60, true},
		{"a=b; Max-Age=0060", 60, true},
		{"a=b; Max-Age=86400", day, true},
		{"a=b; max-age=60; Expires=Fri, 02 Jan 2026 00:00:00 GMT", 60, true},
		{"a=b; Expires=Fri, 02 Jan 2026 00:00:00 GMT; Max-Age=60", 60, true},
		{"a=b; Expires=Fri, 02 Jan 2026 00:00:00 GMT; Max-Age=soon", day, true},

		// The last attribute of a name counts, if it says something.
		{"a=b; Max-Age=0; Max-Age=60", 60, true},
		{"a=b; Max-Age=60; Max-Age=0", 0, true},
		{"a=b; Max-Age=60; Max-Age=x", 60, true},
		{"a=b; Max-Age=60; Max-Age", 60, true},
		{"a=b; Expires=Fri, 02 Jan 2026 00:00:00 GMT; Expires=Thu, 01 Jan 1970 00:00:00 GMT", -newYear, true},
		{"a=b; Expires=Thu, 01 Jan 1970 00:00:00 GMT; Expires=Fri, 02 Jan 2026 00:00:00 GMT", day, true},
		{"a=b; Expires=Fri, 02 Jan 2026 00:00:00 GMT; Expires=never", day, true},

		// What is no number says nothing.
		{"a=b; Max-Age=", sidLife, false},
		{"a=b; Max-Age=-", sidLife, false},
		{"a=b; Max-Age=+60", sidLife, false},
		{"a=b; Max-Age=--60", sidLife, false},
		{"a=b; Max-Age=6-0", sidLife, false},
		{"a=b; Max-Age=60s", sidLife, false},
		{"a=b; Max-Age=6 0", sidLife, false},
		{"a=b; Max-Age=60.5", sidLife, false},
		{"a=b; Max-Age=0x3c", sidLife, false},
		{"a=b; Max-Age=1e3", sidLife, false},
		{"a=b; Max-Age=\"0\"", sidLife, false},
		{"a=b; MaxAge=60", sidLife, false},
		{"a=b; X-Max-Age=60; Max-Age-X=60", sidLife, false},

		// A deletion, and numbers of any size.
		{"a=; Max-Age=0", 0, true},
		{"a=; Max-Age = 0", 0, true},
		{"a=; Max-Age=-0", 0, true},
		{"a=; Max-Age=-1", -1, true},
		{"a=; Max-Age=00000000000000000000000000000000", 0, true},
		{"a=b; Max-Age=315360000", sidMax, true},
		{"a=b; Max-Age=99999999999", sidMax, true},
		{"a=b; Max-Age=9223372036854775807", sidMax, true},
		{"a=b; Max-Age=9223372036854775808", sidMax, true},
		{"a=b; Max-Age=99999999999999999999999999999999999999999", sidMax, true},

		// Discard, of RFC 2965.
		{"a=b; Discard", sidLife, false},
		{"a=b; Max-Age=86400; Discard", sidLife, true},
		{"a=b; discard ; Max-Age=86400", sidLife, true},
		{"a=b; Discard=x; Expires=Fri, 02 Jan 2026 00:00:00 GMT", sidLife, true},
		{"a=b; Max-Age=60; Discard", 60, true},
		{"a=b; Max-Age=0; Discard", 0, true},

		// In the value, these are no attributes.
		{"a=Max-Age=0", sidLife, false},
		{"Max-Age=0", sidLife, false},
		{"Expires=Thu, 01 Jan 1970 00:00:00 GMT", sidLife, false},
		{"a=\"x; Max-Age=60; y\"", 60, true},

		// Without a name nothing is set.
		{"", 0, false},
		{"=b; Max-Age=60", 0, false},
		{" \t=b", 0, false},
		{"a; Max-Age=60", 0, false},
		{"; a=b; Max-Age=60", 0, false},
	} {
		var ctx Context
		ctx.Unix = newYear
		ctx.res.SetsCookie = true
		ctx.res.Fields = []http1.Field{{Kind: http1.SetCookie, Value: []byte(c.value)}}
		if n := testing.AllocsPerRun(10, func() { cookieLife(&ctx, nil) }); n != 0 {
			t.Errorf("%q: %v allocations", c.value, n)
		}
		life, fixed := cookieLife(&ctx, nil)
		if c.life <= 0 {
			if life > 0 {
				t.Errorf("%q begins a session of %d seconds; want none", c.value, life)
			}
			set, ok := readCookie([]byte(c.value))
			if life, fixed := set.life(newYear); ok && (life != c.life || fixed != c.fixed) {
				t.Errorf("%q: %d, %v; want %d, %v", c.value, life, fixed, c.life, c.fixed)
			}
			continue
		}
		if life != c.life || fixed != c.fixed {
			t.Errorf("%q: %d, %v; want %d, %v", c.value, life, fixed, c.life, c.fixed)
		}
	}
	if set, ok := readCookie([]byte("a=b; Max-Age=-99999999999999999999999999")); !ok || set.age > -1e18 {
		t.Errorf("a very negative Max-Age: %d, %v; want the beginning of time", set.age, ok)
	}
}

func TestOfSeveralCookiesTheOneThatLivesLongestCounts(t *testing.T) {
	const gone = "; Expires=Thu, 01-Jan-70 00:00:01 GMT"
	for _, c := range []struct {
		values []string
		life   int64
		fixed  bool
	}{
		{[]string{"a=b", "c=d; Max-Age=60"}, sidLife, false},
		{[]string{"a=b; Max-Age=600", "c=d"}, sidLife, false},
		{[]string{"c=d", "a=b; Max-Age=600"}, sidLife, false},
		{[]string{"a=b; Max-Age=60", "c=d; Max-Age=86400", "e=f; Max-Age=70"}, day, true},
		{[]string{"a=" + gone, "c=d; Max-Age=60"}, 60, true},
		{[]string{"c=d; Max-Age=60", "a=" + gone}, 60, true},
		{[]string{"a=" + gone, "b=; Max-Age=0"}, 0, false},
		{[]string{"a=" + gone, "a=b"}, sidLife, false},
		{[]string{"a=b", "a=" + gone}, 0, false},
		{[]string{"a=b; Path=/", "a=; path=/" + gone}, 0, false},
		{[]string{"a=b; Path=/", "a=; path=/shop" + gone}, sidLife, false},
		{[]string{"a=b", "a=; path=/shop" + gone}, 0, false},
		{[]string{"a=b; path=/shop", "a=; path=" + gone}, 0, false},
		{[]string{"a=b; path=shop", "a=; path=/shop" + gone}, 0, false},
		{[]string{"a=b; path=/shop; path=", "a=" + gone}, 0, false},
		{[]string{"a=b", "a=; path=/" + gone}, sidLife, false},
		{[]string{"a=b", "a=; path=/shop/cart" + gone}, sidLife, false},
		{[]string{"a=b; Domain=example.com", "a=; domain=.Example.com" + gone}, 0, false},
		{[]string{"a=b; Domain=example.com", "a=" + gone}, sidLife, false},
		{[]string{"a=b; Max-Age=86400", "a=b; Max-Age=60"}, 60, true},
		{[]string{"a=b", "A=" + gone}, sidLife, false},
		{[]string{"a=b", "ab=" + gone, "c=a" + gone, "a" + gone}, sidLife, false},
	} {
		var ctx Context
		ctx.Unix = newYear
		ctx.res.SetsCookie = true
		for _, value := range c.values {
			ctx.res.Fields = append(ctx.res.Fields, http1.Field{Kind: http1.SetCookie, Value: []byte(value)}, http1.Field{Value: []byte(value)})
		}
		if life, fixed := cookieLife(&ctx, []byte("GET /shop/cart?a=/b HTTP/1.1\r\n")); life != c.life || life > 0 && fixed != c.fixed {
			t.Errorf("%q: %d, %v; want %d, %v", c.values, life, fixed, c.life, c.fixed)
		}
	}
}

func TestACookieWithoutAPathHasThatOfItsRequest(t *testing.T) {
	for request, want := range map[string]string{
		"GET / HTTP/1.1":               "/",
		"GET /a HTTP/1.1":              "/",
		"GET /a/ HTTP/1.1":             "/a",
		"GET /a/b?c=/d/e HTTP/1.1":     "/a",
		"GET /?a/b HTTP/1.1":           "/",
		"GET // HTTP/1.1":              "/",
		"GET /a/b/c/d HTTP/1.1\r\nX: ": "/a/b/c",
		"":                             "",
	} {
		var k cookie
		if got := string(k.pathFor([]byte(request))); got != want {
			t.Errorf("%q: %q, want %q", request, got, want)
		}
	}
}
