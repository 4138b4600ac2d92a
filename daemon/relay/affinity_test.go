package relay

import (
	"testing"

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
