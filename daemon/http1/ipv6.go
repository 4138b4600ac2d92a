package http1

// isIPv6 reports whether b is an IPv6 address, without a zone (RFC 3986 section 3.2.2, IPv6address). It looks
// at each byte twice at most.
func isIPv6(b []byte) bool {
	groups, elided, i := 0, false, 0
	if len(b) >= 2 && b[0] == ':' && b[1] == ':' {
		elided, i = true, 2
	}
	for i < len(b) {
		end := i
		for end < len(b) && hex[b[end]] < 16 {
			end++
		}
		if end < len(b) && b[end] == '.' {
			return isIPv4(b[i:]) && fills(groups+2, elided)
		}
		if end == i || end > i+4 {
			return false
		}
		groups++
		if i = end; i == len(b) {
			break
		}
		if b[i] != ':' || i+1 == len(b) {
			return false
		}
		if i++; b[i] == ':' {
			if elided {
				return false
			}
			elided = true
			i++
		}
	}
	return fills(groups, elided)
}

// fills reports whether that many groups of 16 bits make an address; "::" stands for one at least.
func fills(groups int, elided bool) bool { return groups == 8 && !elided || groups < 8 && elided }

// isIPv4 reports whether b is an IPv4 address: four numbers up to 255, without leading zeros.
func isIPv4(b []byte) bool {
	numbers, n, digits := 0, 0, 0
	for i := 0; i <= len(b); i++ {
		switch {
		case i == len(b) || b[i] == '.':
			if digits == 0 {
				return false
			}
			numbers++
			n, digits = 0, 0
		case b[i] < '0' || b[i] > '9' || digits > 0 && n == 0:
			return false
		default:
			n = n*10 + int(b[i]-'0')
			if digits++; n > 255 {
				return false
			}
		}
	}
	return numbers == 4
}
