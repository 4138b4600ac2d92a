package spelling

import (
	"slices"
	"strings"

	"github.com/xrash/smetrics"
)

// Nearest gives the one of the known words that is likely meant by word, or "":
// one letter is too many, missing or another, two are for longer words, or
// letters are in another order. Case does not count. Of equally near ones it is
// the first.
func Nearest(word string, known []string) string {
	nearest, least := "", 3
	lower := strings.ToLower(word)
	for _, candidate := range known {
		other := strings.ToLower(candidate)
		if len(other)-len(lower) > 2 || len(lower)-len(other) > 2 {
			continue
		}
		distance := smetrics.WagnerFischer(lower, other, 1, 1, 1)
		likely := distance == 0 || distance == 1 && len(lower) > 1 || distance == 2 && (len(lower) > 4 || sorted(lower) == sorted(other))
		if likely && distance < least {
			nearest, least = candidate, distance
		}
	}
	return nearest
}

// DidYouMean is what a message about an unknown word ends with: the known one that
// is likely meant, or nothing.
func DidYouMean(word string, known []string) string {
	if nearest := Nearest(word, known); nearest != "" {
		return ` (did you mean "` + nearest + `"?)`
	}
	return ""
}

func sorted(word string) string {
	letters := []byte(word)
	slices.Sort(letters)
	return string(letters)
}
