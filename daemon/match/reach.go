package match

import "slices"

// Unreached is a rule that no request gets to.
type Unreached struct {
	Rule int
	By   []int // earlier rules that take all it would hold for; nil: it holds for no URI
}

// FindUnreached finds the rules of a table, in the order they are tried, that no
// request gets to: because earlier ones take all that it would hold for, or because
// no URI is like that. What is found is so; whole tells whether all rules were
// looked at as far as it takes. Conditions other than on the URI are compared one by
// one, so that what only several rules of different conditions take together is not
// found.
//
// A rule for which an example of a request is found that gets to it is done with.
// For the others the expressions grow into one automaton, the rule's last (those of
// the path into another, which reads along up to a "?"), and all that can be read is
// followed to where nothing but the rule is found:
//
//	earlier rules that take the example -> is there another example? -> does it get
//	to the rule, or to a further one?   -> with that one, too -> ...
//
// work bounds the nodes and edges looked at; a table of 10,000 rules that are
// reached takes none. The error is Compile's.
func FindUnreached(patterns []*Pattern, lim Limits, work int) (list []Unreached, whole bool, err error) {
	set, err := Compile(patterns, lim)
	if err != nil {
		return nil, false, err
	}
	r := &reach{patterns: patterns, set: set, lim: lim, words: newVocabulary(), left: work, whole: true,
		implied: map[[2]source]bool{}}
	for i := range patterns {
		if by, never := r.look(i); never {
			list = append(list, Unreached{i, by})
		}
		if r.left <= 0 {
			return list, false, nil
		}
	}
	return list, r.whole, nil
}

// reach is one search.
type reach struct {
	patterns []*Pattern
	set      *Set
	lim      Limits
	words    *vocabulary
	left     int  // work
	whole    bool // nothing was given up

	implied map[[2]source]bool // whether one expression is found wherever another is
	threads threads
}

// DefaultReachWork is for FindUnreached what takes about a second.
const DefaultReachWork = 20_000_000

// Bounds of one rule's search.
const (
	maxTakers      = 32   // earlier rules at once
	maxReachStates = 4096 // sets of nodes
)

// look tells whether no request gets to a rule, and which rules take them.
func (r *reach) look(rule int) (by []int, never bool) {
	p := r.patterns[rule]
	uri := sampleURI(p.uri())
	for range maxTakers {
		at := -1
		if isURI(uri) {
			at = r.set.Match(inputFor(p, uri))
		}
		if at == rule {
			return nil, false
		}
		if at >= 0 && at < rule && r.implies(p, r.patterns[at]) {
			if !slices.Contains(by, at) {
				by = append(by, at)
			}
		} else if len(by) == 0 {
			by = r.takers(rule)
		}
		slices.Sort(by)
		next, found, known := r.escape(p, by)
		switch {
		case !known:
			r.whole = false
			return nil, false
		case !found:
			return r.fewest(p, by), true
		case string(next) == string(uri):
			return nil, false // what takes it does so by conditions of its own
		}
		uri = next
	}
	r.whole = false
	return nil, false
}

// takers are the earlier rules of which all conditions but that on the URI hold
// wherever those of the rule do, the latest of them if they are many.
func (r *reach) takers(rule int) (by []int) {
	p := r.patterns[rule]
	for i := rule - 1; i >= 0 && len(by) < maxTakers; i-- {
		r.left--
		if r.implies(p, r.patterns[i]) {
			by = append(by, i)
		}
	}
	return by
}

// fewest names those that take all of a rule's requests: one, if it does alone, and
// none if there are no requests.
func (r *reach) fewest(p *Pattern, by []int) []int {
	if _, found, known := r.escape(p, nil); known && !found {
		return nil
	}
	if len(by) == 1 {
		return by
	}
	for _, i := range by {
		if r.takesAll(p, i) {
			return []int{i}
		}
	}
	return by
}

// takesAll tells whether rule i takes every URI that p holds for.
func (r *reach) takesAll(p *Pattern, i int) bool {
	_, found, known := r.escape(p, []int{i})
	return known && !found
}
