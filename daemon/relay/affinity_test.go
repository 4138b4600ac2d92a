package relay

import (
	"testing"
	"time"

	"pgregory.net/rapid"
)

func TestWhatTheVeilCoversItLifts(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		v := Veil{rapid.Uint64().Draw(t, "before"), rapid.Uint64().Draw(t, "after")}
		key := rapid.Uint64().Draw(t, "key")
		if got := v.lift(v.cover(key)); got != key {
			t.Fatalf("%#x became %#x", key, got)
		}
	})
}

func TestASessionCookieSaysWhatWasPutIn(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		id := sid{
			server:  rapid.Uint64().Draw(t, "server"),
			expires: int64(rapid.Uint32().Draw(t, "expires")),
			fixed:   rapid.Bool().Draw(t, "fixed"),
		}
		if got, ok := parseSID(appendSID(nil, id)); !ok || got != id {
			t.Fatalf("%+v became %+v, %v", id, got, ok)
		}
	})
}

func TestWhatIsNoSessionCookieIsNotTakenForOne(t *testing.T) {
	good := string(appendSID(nil, sid{server: 1, expires: 2}))
	for _, text := range []string{"", good[1:], good + "s", good[:sidSize-1] + "x", "F" + good[1:]} {
		if id, ok := parseSID([]byte(text)); ok {
			t.Errorf("%q is %+v", text, id)
		}
	}
}

func TestACookieLivesAsLongAsTheServerSays(t *testing.T) {
	now := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC).Unix()
	for _, c := range []struct {
		value string
		life  int64
		fixed bool
	}{
		{"a=b", sidLife, false},
		{"a=b; Path=/; HttpOnly", sidLife, false},
		{"a=b; Max-Age=60", 60, true},
		{"a=b; max-age=60; Expires=Fri, 02 Jan 2026 00:00:00 GMT", 60, true},
		{"a=b; Expires=Fri, 02 Jan 2026 00:00:00 GMT; Max-Age=60", 60, true},
		{"a=b; Expires=Fri, 02 Jan 2026 00:00:00 GMT", 24 * 3600, true},
		{"a=b; Expires=Fri, 02-Jan-2026 00:01:02 GMT", 24*3600 + 62, true},
		{"a=b; Expires=tomorrow", sidLife, false},
		{"a=b; Expires=Fri, 02 Bad 2026 00:00:00 GMT", sidLife, false},
		{"a=b; Expires=Fri, 02 anF 2026 00:00:00 GMT", sidLife, false},
		{"a=b; Expires=Fri, x2 Jan 2026 00:00:00 GMT", sidLife, false},
		{"a=b; Expires=Fri, 02 Jan 2026 00.00:00 GMT", sidLife, false},
		{"a=b; Max-Age=86400; Discard", sidLife, true},
		{"a=b; Max-Age=60; Discard", 60, true},
		{"a=; Max-Age=0", 0, true},
		{"a=; Expires=Thu, 01 Jan 1970 00:00:00 GMT", -now, true},
		{"a=b; Max-Age=99999999999", sidMax, true},
	} {
		value := []byte(c.value)
		if n := testing.AllocsPerRun(10, func() { oneCookieLife(value, now) }); n != 0 {
			t.Errorf("%q: %v allocations", value, n)
		}
		if life, fixed := oneCookieLife(value, now); life != c.life || fixed != c.fixed {
			t.Errorf("%q: %d, %v; want %d, %v", c.value, life, fixed, c.life, c.fixed)
		}
	}
}
