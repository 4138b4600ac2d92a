package relay

import (
	"strings"
	"testing"
	"time"
)

func TestADateOfACookieIsReadInAnyForm(t *testing.T) {
	at := func(year int, month time.Month, day, hour, minute, second int) int64 {
		return time.Date(year, month, day, hour, minute, second, 0, time.UTC).Unix()
	}
	for date, want := range map[string]int64{
		// The forms of RFC 9110, section 5.6.7, and what servers make of them.
		"Sun, 06 Nov 1994 08:49:37 GMT":            at(1994, 11, 6, 8, 49, 37),
		"Sunday, 06-Nov-94 08:49:37 GMT":           at(1994, 11, 6, 8, 49, 37),
		"Sun Nov  6 08:49:37 1994":                 at(1994, 11, 6, 8, 49, 37),
		"Thu, 01-Jan-70 00:00:01 GMT":              1,
		"Thu, 01-Jan-1970 00:00:00 GMT":            0,
		"Thu, 1 Jan 1970 0:0:0 GMT":                0,
		"Wed, 31 Dec 69 23:59:59 GMT":              at(2069, 12, 31, 23, 59, 59),
		"Fri, 2-Jan-26 3:04:05 GMT":                at(2026, 1, 2, 3, 4, 5),
		"Fri, 2 Jan 2026 03:04:05 GMT":             at(2026, 1, 2, 3, 4, 5),
		"fri, 02 jAN 2026 03:04:05 gmt":            at(2026, 1, 2, 3, 4, 5),
		"Friday, 02-January-2026 03:04:05 UTC":     at(2026, 1, 2, 3, 4, 5),
		"Fri Jan  2 2026 03:04:05 GMT+0200 (CEST)": at(2026, 1, 2, 3, 4, 5),
		"Fri, 02 Jan 2026 03:04:05 -0800":          at(2026, 1, 2, 3, 4, 5),
		"\"Fri, 02 Jan 2026 03:04:05 GMT\"":        at(2026, 1, 2, 3, 4, 5),
		"Fri,02/Jan/2026,03:04:05":                 at(2026, 1, 2, 3, 4, 5),

		// Any order: the first word that can be one of them is it.
		"03:04:05 2 Jan 2026":                           at(2026, 1, 2, 3, 4, 5),
		"Jan 2 3:4:5 2026":                              at(2026, 1, 2, 3, 4, 5),
		"2026 Jan 2 3:4:5":                              at(2026, 1, 2, 3, 4, 5),
		"2 2026 3:4:5 January":                          at(2026, 1, 2, 3, 4, 5),
		"2 Jan 2026 3:4:5 17 Feb 2030":                  at(2026, 1, 2, 3, 4, 5),
		"2 Jan 26 3:4:5 2030":                           at(2026, 1, 2, 3, 4, 5),
		"26 Jan 02 3:4:5":                               at(2002, 1, 26, 3, 4, 5),
		"2nd Jan 2026AD 3:4:5pm":                        at(2026, 1, 2, 3, 4, 5),
		"2 Janus 2026 3:4:5":                            at(2026, 1, 2, 3, 4, 5),
		"\xff 2 Jan 2026 \x01 3:4:5":                    at(2026, 1, 2, 3, 4, 5),
		"10:00:000 Jan 2026 3:4:5":                      at(2026, 1, 10, 3, 4, 5), // three digits are no seconds: 10 is the day then
		"2 Jan 12345 2026 3:4:5":                        at(2026, 1, 2, 3, 4, 5),
		"2 Jan 123 2026 3:4:5":                          0, // the year 123: none below 1601
		"2 Jan 1601 0:0:0":                              at(1601, 1, 2, 0, 0, 0),
		"2 Jan 9999 23:59:59":                           at(9999, 1, 2, 23, 59, 59),
		"2 Jan 99 0:0:0":                                at(1999, 1, 2, 0, 0, 0),
		"2 Jan 00 0:0:0":                                at(2000, 1, 2, 0, 0, 0),
		"2 Jan 070 0:0:0":                               at(1970, 1, 2, 0, 0, 0),
		"29 Feb 2028 0:0:0":                             at(2028, 2, 29, 0, 0, 0),
		"@@@2[Jan]2026{3:4:5}":                          at(2026, 1, 2, 3, 4, 5),
		strings.Repeat("x ", 4000) + "2 Jan 2026 3:4:5": at(2026, 1, 2, 3, 4, 5),

		// No date.
		"":                              0,
		"0":                             0,
		"-1":                            0,
		"now":                           0,
		"Session":                       0,
		"1767312000":                    0,
		"2026-01-02T03:04:05Z":          0, // no month in letters
		"Fri, 02 Jan 2026":              0,
		"Fri, 02 Jan 2026 03:04 GMT":    0,
		"Fri, Jan 2026 03:04:05 GMT":    0,
		"Fri, 02 2026 03:04:05 GMT":     0,
		"Fri, 02 Jan 03:04:05 GMT":      0,
		"Fri, 02 Jax 2026 03:04:05 GMT": 0,
		"Fri, 00 Jan 2026 03:04:05 GMT": 0,
		"Fri, 32 Jan 2026 03:04:05 GMT": 0,
		"Fri, 02 Jan 2026 24:00:00 GMT": 0,
		"Fri, 02 Jan 2026 03:60:05 GMT": 0,
		"Fri, 02 Jan 2026 03:04:60 GMT": 0,
		"Fri, 02 Jan 1600 03:04:05 GMT": 0,
		"Fri, 02 Jan 0000 03:04:05 GMT": at(2000, 1, 2, 3, 4, 5),
		"Mon, 29 Feb 2027 00:00:00 GMT": 0,
		"Fri, 31 Apr 2026 00:00:00 GMT": 0,
		"Fri, 02 Jan 2026 03.04.05 GMT": 0,
	} {
		wantOK := want != 0 || strings.Contains(date, "1970")
		got, ok := cookieDate([]byte(date))
		if ok != wantOK || ok && got != want {
			t.Errorf("%q: %d, %v; want %d, %v", date, got, ok, want, wantOK)
		}
		if n := testing.AllocsPerRun(10, func() { cookieDate([]byte(date)) }); n != 0 && len(date) < 100 {
			t.Errorf("%q: %v allocations", date, n)
		}
	}
}

// FuzzCookieDate reads what a real date is rewritten to by case, blanks and words that say nothing.
func FuzzCookieDate(f *testing.F) {
	f.Add(int64(0), "")
	f.Add(int64(1<<33), "x @ 12345 \xff")
	f.Fuzz(func(t *testing.T, unix int64, noise string) {
		_, _ = cookieDate([]byte(noise))
		at := time.Unix(unix%(1<<38), 0).UTC()
		if at.Year() < 1970 || at.Year() > 9999 || strings.ContainsAny(noise, "0123456789") {
			return
		}
		for _, form := range []string{time.RFC1123, time.ANSIC, "Monday, 02-January-2006 15:04:05", "15:4:5 2 Jan 2006"} {
			text := strings.ToUpper(at.Format(form)) + " " + noise
			if got, ok := cookieDate([]byte(text)); !ok || got != at.Unix() {
				t.Fatalf("%q: %d, %v; want %d", text, got, ok, at.Unix())
			}
		}
	})
}
