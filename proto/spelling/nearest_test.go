package spelling

import "testing"

func TestAMistypedWordLeadsToTheOneThatIsMeant(t *testing.T) {
	known := []string{"wlc", "http", "phttp", "chttp", "hhttp", "scheduler", "listen", "server", "Via"}
	for word, want := range map[string]string{
		"wcl":         "wlc",
		"htpp":        "http",
		"htttp":       "http",
		"phtp":        "phttp",
		"HTTTP":       "http",
		"schedular":   "scheduler",
		"shceduler":   "scheduler",
		"lisen":       "listen",
		"servers":     "server",
		"via":         "Via",
		"w":           "",
		"":            "",
		"rr":          "",
		"abc":         "",
		"maxclients":  "",
		"schedulings": "",
	} {
		if got := Nearest(word, known); got != want {
			t.Errorf("%q leads to %q, want %q", word, got, want)
		}
	}
	if got := DidYouMean("lisen", known); got != ` (did you mean "listen"?)` {
		t.Errorf("got %q", got)
	}
	if got := DidYouMean("nothing", known); got != "" {
		t.Errorf("got %q", got)
	}
}
