package conf

import (
	"strings"
	"testing"
)

func TestWhatPOSIXExpressionsLackIsRefusedWithWhatToUse(t *testing.T) {
	for _, c := range []struct {
		expression string
		words      []string
	}{
		{`^/(?!admin)`, []string{`"(?!" at byte 2`, "a rule of its own"}},
		{`/x(?<!y)`, []string{`"(?<!" at byte 2`, "a rule of its own"}},
		{`/x(?=y)`, []string{`"(?=" at byte 2`, "another condition"}},
		{`/(?:a|b)`, []string{`"(?:" at byte 1`, "write ( )"}},
		{`/(?P<n>a)`, []string{`"(?P<" at byte 1`, "write ( )"}},
		{`(?i)/a`, []string{`"(?i" at byte 0`, "--ignore-case", "write [Aa]"}},
		{`/[0-9]\d+`, []string{`"\d" at byte 6`, "write [0-9]"}},
		{`/[a\d]`, []string{`"\d" at byte 3`, "write 0-9 in the brackets"}},
		{`/\w`, []string{`"\w" at byte 1`, "[A-Za-z0-9_]"}},
		{`/\S`, []string{`"\S" at byte 1`, "[^[:space:]]"}},
		{`\bx`, []string{`"\b" at byte 0`, "beside the word"}},
		{`(a)\1`, []string{`"\1" at byte 3`, "refers back"}},
		{`\\\d`, []string{`"\d" at byte 2`}},
		{`[[:alpha:]](?!x)`, []string{`"(?!" at byte 11`}},
		{`[](?!](?:x)`, []string{`"(?:" at byte 6`}},
		{`\pL`, []string{`"\p" at byte 0`, "themselves"}},
		{`a(b`, []string{"missing closing"}},
	} {
		err := CheckExpression(c.expression)
		if err == nil {
			t.Errorf("%s is taken, expected a refusal", c.expression)
			continue
		}
		for _, word := range c.words {
			if !strings.Contains(err.Error(), word) {
				t.Errorf("%s is refused with %q, expected %q in it", c.expression, err, word)
			}
		}
	}
}

func TestWhatLooksForeignAndIsNotIsTaken(t *testing.T) {
	for _, expression := range []string{`[(?!]`, `\\d`, `a\.b`, `\x41`, `a*?`, `[]\\d]`, `/\?x`, `(a)?`} {
		if err := CheckExpression(expression); err != nil {
			t.Errorf("%s is refused: %v", expression, err)
		}
	}
}
