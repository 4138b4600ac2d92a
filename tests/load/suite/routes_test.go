package suite

import (
	"regexp"
	"strings"
	"testing"

	"ktcpvs/tests/load/generator"
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

// No rule takes a hostile request, and most rules are begun by those that begin many.
func TestHostileRequestsBeginRulesAndAreTakenByNone(t *testing.T) {
	rules := hostileRules(20)
	for _, requests := range [][]string{uris(hostileRequests(20, manyBegun)), uris(hostileRequests(20, oneBegun))} {
		for _, uri := range requests[:20] {
			if len(uri) < hostileBytes || len(uri) > hostileBytes+50 {
				t.Errorf("a URI has %d bytes, want %d", len(uri), hostileBytes)
			}
			for _, rule := range rules {
				if regexp.MustCompilePOSIX(rule.Pattern).MatchString(uri) {
					t.Errorf("rule %s takes %.60s", rule.Pattern, uri)
				}
			}
		}
	}
	many := hostileRequests(20, manyBegun)[0].URI
	for i, rule := range rules {
		begin, _, _ := strings.Cut(rule.Pattern, ".*")
		if !strings.Contains(many, begin) {
			t.Errorf("rule %d is not begun", i)
		}
	}
}

func uris(requests []generator.Request) (list []string) {
	for _, r := range requests {
		list = append(list, r.URI)
	}
	return list
}
