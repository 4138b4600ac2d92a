package http1

// Passes returns how often the Via fields name a gateway by one of two pseudonyms: how often the request has passed it
// already (RFC 9110 sections 7.6.3 and 7.6). An empty pseudonym is nobody's.
func (r *Request) Passes(one, other string) int {
	n := 0
	for i := range r.Fields {
		if f := &r.Fields[i]; f.Kind == Via {
			n += passes(f.Value, one, other)
		}
	}
	return n
}

// passes counts in one value: a list of "[name/]version received-by [comment]".
func passes(value []byte, one, other string) (n int) {
	for i := 0; i < len(value); i = hopEnd(value, i) + 1 {
		for i < len(value) && (value[i] == ' ' || value[i] == '\t') {
			i++
		}
		for i < len(value) && value[i] != ' ' && value[i] != '\t' && value[i] != ',' {
			i++
		}
		for i < len(value) && (value[i] == ' ' || value[i] == '\t') {
			i++
		}
		start := i
		for i < len(value) && value[i] != ' ' && value[i] != '\t' && value[i] != ',' && value[i] != '(' {
			i++
		}
		if by := value[start:i]; len(by) > 0 && (string(by) == one || string(by) == other) {
			n++
		}
	}
	return n
}

// hopEnd returns where the list element that goes on at i ends: at its comma, or at len(value). A comment, which may
// hold others, may hold commas.
func hopEnd(value []byte, i int) int {
	depth := 0
	for ; i < len(value); i++ {
		switch c := value[i]; {
		case c == '(':
			depth++
		case c == ')' && depth > 0:
			depth--
		case c == '\\' && depth > 0:
			i++
		case c == ',' && depth == 0:
			return i
		}
	}
	return len(value)
}
