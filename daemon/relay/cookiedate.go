package relay

import "time"

// cookieDate reads a date as browsers read one (RFC 6265, section 5.1.1), in Unix
// seconds: any text that names a time, a day, a month and a year, in whatever
// form and order servers have come to write them. The first word that can be one
// of these is it.
func cookieDate(b []byte) (unix int64, ok bool) {
	var d dateWords
	for len(b) > 0 {
		n := 0
		for n < len(b) && !parts(b[n]) {
			n++
		}
		if n > 0 {
			d.take(b[:n])
		}
		b = b[min(n+1, len(b)):]
	}
	if !d.timed || !d.hasDay || d.month == 0 || !d.hasYear {
		return 0, false
	}
	switch {
	case d.year >= 70 && d.year < 100:
		d.year += 1900
	case d.year < 70:
		d.year += 2000
	}
	if d.year < 1601 || d.day < 1 || d.clock[0] > 23 || d.clock[1] > 59 || d.clock[2] > 59 {
		return 0, false
	}
	at := time.Date(d.year, d.month, d.day, d.clock[0], d.clock[1], d.clock[2], 0, time.UTC)
	return at.Unix(), at.Day() == d.day // there is no 30th of February
}

// dateWords is what the words of a date have said so far.
type dateWords struct {
	clock           [3]int
	day, year       int
	month           time.Month
	timed           bool
	hasDay, hasYear bool
}

// parts reports whether c stands between words.
func parts(c byte) bool {
	return c == '\t' || c >= ' ' && c <= '/' || c >= ';' && c <= '@' || c >= '[' && c <= '`' || c >= '{' && c <= '~'
}

// take reads one word.
func (d *dateWords) take(word []byte) {
	if !d.timed {
		if clock, ok := clockOf(word); ok {
			d.clock, d.timed = clock, true
			return
		}
	}
	n, size := digitsOf(word)
	switch {
	case !d.hasDay && (size == 1 || size == 2):
		d.day, d.hasDay = n, true
	case d.month == 0 && monthOf(word) != 0:
		d.month = monthOf(word)
	case !d.hasYear && size >= 2 && size <= 4:
		d.year, d.hasYear = n, true
	}
}

// digitsOf is the number that a word begins with, and its digits; of more than
// four it is none.
func digitsOf(word []byte) (n, size int) {
	for size < len(word) && size <= 4 && word[size] >= '0' && word[size] <= '9' {
		n = n*10 + int(word[size]-'0')
		size++
	}
	return n, size
}

// clockOf reads hours, minutes and seconds, with one or two digits each and
// anything else behind them.
func clockOf(word []byte) (clock [3]int, ok bool) {
	for i := range clock {
		n, size := digitsOf(word)
		if size == 0 || size > 2 {
			return clock, false
		}
		clock[i], word = n, word[size:]
		if i < 2 {
			if len(word) == 0 || word[0] != ':' {
				return clock, false
			}
			word = word[1:]
		}
	}
	return clock, true
}

// monthOf is the month whose first three letters a word begins with, or 0.
func monthOf(word []byte) time.Month {
	const names = "janfebmaraprmayjunjulaugsepoctnovdec"
	if len(word) < 3 {
		return 0
	}
	for i := 0; i < len(names); i += 3 {
		if word[0]|0x20 == names[i] && word[1]|0x20 == names[i+1] && word[2]|0x20 == names[i+2] {
			return time.Month(i/3 + 1)
		}
	}
	return 0
}
