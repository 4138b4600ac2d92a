package drift

import (
	"slices"
	"sort"
)

// place is where something stands in two lists.
type place struct{ before, after int }

// pairs are two lists, matched by their entries' keys.
type pairs struct {
	gone, come []int   // in one list only
	kept       []place // in both, in the order of the second
	moved      []place // of these, the fewest that explain another order
}

func pair[T any](before, after []T, key func(*T) string) (p pairs) {
	old := make(map[string]int, len(before))
	for i := range before {
		old[key(&before[i])] = i
	}
	stays := make([]bool, len(before))
	for i := range after {
		j, known := old[key(&after[i])]
		if !known {
			p.come = append(p.come, i)
			continue
		}
		stays[j] = true
		p.kept = append(p.kept, place{j, i})
	}
	for j, stay := range stays {
		if !stay {
			p.gone = append(p.gone, j)
		}
	}
	p.moved = moved(p.kept)
	return p
}

// moved are those that are no part of the longest row which has one order in both
// lists.
func moved(kept []place) (out []place) {
	inOrder := func(a, b place) int { return a.before - b.before }
	if slices.IsSortedFunc(kept, inOrder) {
		return nil
	}
	var ends []int                     // of the best row of each length, its last entry
	previous := make([]int, len(kept)) // in the row that ends there
	for i, p := range kept {
		n := sort.Search(len(ends), func(n int) bool { return kept[ends[n]].before >= p.before })
		previous[i] = -1
		if n > 0 {
			previous[i] = ends[n-1]
		}
		ends = append(ends[:n], append([]int{i}, ends[min(n+1, len(ends)):]...)...)
	}
	inRow := make([]bool, len(kept))
	for i := ends[len(ends)-1]; i >= 0; i = previous[i] {
		inRow[i] = true
	}
	for i, p := range kept {
		if !inRow[i] {
			out = append(out, p)
		}
	}
	return out
}
