package suite

import (
	"regexp"
	"testing"
)

func TestEachRequestIsTakenByItsOwnRuleAlone(t *testing.T) {
	for name, shapes := range map[string][]shape{"item": itemShape, "mixed": mixedShapes} {
		rules, requests := routes(100, shapes)
		for i, rule := range rules {
			expression, err := regexp.CompilePOSIX(rule.Pattern)
			if err != nil {
				t.Fatal(err)
			}
			if rule.Server != requests[i].Server {
				t.Errorf("%s: rule %d leads to server %d, its request expects %d", name, i, rule.Server, requests[i].Server)
			}
			for j, request := range requests {
				if expression.MatchString(request.URI) != (i == j) {
					t.Errorf("%s: rule %d, %s, and request %d, %s: matches must be %v", name, i, rule.Pattern, j, request.URI, i == j)
				}
			}
		}
	}
}

func TestRulesAreOfAllShapes(t *testing.T) {
	rules, _ := routes(10000, mixedShapes)
	seen := map[string]bool{}
	for _, rule := range rules {
		if len(rule.Pattern) > 255 {
			t.Errorf("pattern %s is longer than 255 bytes", rule.Pattern)
		}
		if seen[rule.Pattern] {
			t.Errorf("pattern %s comes twice", rule.Pattern)
		}
		seen[rule.Pattern] = true
	}
}
