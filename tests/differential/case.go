package differential

import (
	"slices"
	"strings"
)

// Case is what one client sends over one connection.
type Case struct {
	Seed, Index uint64
	Bytes       string
	Cuts        []int    // where Bytes is cut into writes
	Mutations   []string // what was done to the valid messages, in order
}

// Generate makes the case of that number; the same numbers make the same one.
func Generate(seed, index uint64) Case {
	s := newSampler(seed, index)
	c := Case{Seed: seed, Index: index}
	messages := make([]*message, 1+s.IntN(4))
	for i := range messages {
		messages[i] = s.message()
	}
	spoiled := 0
	if !s.chance(15) {
		spoiled = 1 + s.IntN(4)/3 + s.IntN(8)/7
	}
	var last []byteMutation
	for range spoiled {
		if n := s.IntN(len(messageMutations) + 3*len(byteMutations)); n < len(messageMutations) {
			mutation := messageMutations[n]
			mutation.apply(s, messages[s.IntN(len(messages))])
			c.Mutations = append(c.Mutations, mutation.name)
		} else {
			last = append(last, byteMutations[(n-len(messageMutations))/3])
		}
	}
	var text strings.Builder
	for _, m := range messages {
		text.WriteString(m.String())
	}
	c.Bytes = text.String()
	for _, mutation := range last {
		if c.Bytes == "" {
			break
		}
		c.Bytes = mutation.apply(s, c.Bytes)
		c.Mutations = append(c.Mutations, mutation.name)
	}
	if c.Bytes == "" {
		c.Bytes = "\r\n" // a client that says nothing tells nothing
	}
	if s.chance(25) {
		for range 1 + s.IntN(4) {
			c.Cuts = append(c.Cuts, s.IntN(len(c.Bytes)))
		}
		slices.Sort(c.Cuts)
	}
	return c
}

// pieces are the bytes as they are to be written.
func (c *Case) pieces() []string {
	var list []string
	from := 0
	for _, cut := range append(c.Cuts, len(c.Bytes)) {
		if cut > from {
			list = append(list, c.Bytes[from:cut])
			from = cut
		}
	}
	return list
}

// messageMutation spoils a part of a message; some leave it valid.
type messageMutation struct {
	name  string
	apply func(s *sampler, m *message)
}

// byteMutation spoils bytes wherever they stand.
type byteMutation struct {
	name  string
	apply func(s *sampler, text string) string
}

var messageMutations = slices.Concat(lineMutations, headMutations, hostMutations, framingMutations, chunkMutations, sizeMutations)

// byteMutations know nothing of HTTP but its most telling bytes.
var byteMutations = []byteMutation{
	{"byte removed", func(s *sampler, text string) string {
		at := s.IntN(len(text))
		return text[:at] + text[at+1:]
	}},
	{"byte doubled", func(s *sampler, text string) string {
		at := s.IntN(len(text))
		return text[:at+1] + text[at:]
	}},
	{"byte replaced", func(s *sampler, text string) string {
		at := s.IntN(len(text))
		return text[:at] + s.telling() + text[at+1:]
	}},
	{"byte inserted", func(s *sampler, text string) string {
		at := s.IntN(len(text))
		return text[:at] + s.telling() + text[at:]
	}},
	{"line end spoiled", func(s *sampler, text string) string {
		var ends []int
		for at := strings.Index(text, "\r\n"); at >= 0; {
			ends = append(ends, at)
			next := strings.Index(text[at+2:], "\r\n")
			if next < 0 {
				break
			}
			at += 2 + next
		}
		if len(ends) == 0 {
			return text
		}
		at := ends[s.IntN(len(ends))]
		return text[:at] + s.pick("\n", "\r", "\r\r\n", "\n\r", "\r\n\r\n", "\r\n ", "\r\n\t", "", "\x00", "\u0085", "\n\n", " \r\n") + text[at+2:]
	}},
	{"lines ended by LF alone", func(s *sampler, text string) string {
		head, rest, found := strings.Cut(text, "\r\n\r\n")
		if !found {
			return text
		}
		return strings.ReplaceAll(head, "\r\n", "\n") + s.pick("\r\n\r\n", "\n\n", "\n\r\n") + rest
	}},
	{"cut short", func(s *sampler, text string) string { return text[:s.IntN(len(text))] }},
	{"piece repeated", func(s *sampler, text string) string {
		at := s.IntN(len(text))
		end := min(len(text), at+1+s.IntN(60))
		return text[:end] + text[at:]
	}},
	{"piece moved", func(s *sampler, text string) string {
		at := s.IntN(len(text))
		end := min(len(text), at+1+s.IntN(40))
		rest := text[:at] + text[end:]
		to := s.IntN(len(rest) + 1)
		return rest[:to] + text[at:end] + rest[to:]
	}},
}

// telling is a byte that parsers differ about.
func (s *sampler) telling() string {
	return s.pick("\x00", "\r", "\n", "\t", " ", "\x0b", "\x0c", "\x1b", "\x7f", "\x80", "\xff", "\x85", "\xa0", ":", ";", ",", "=", "\"", "\\", "0", "5", "a", "#", "%", "/", "@", "-", "+")
}
