package integrity

import (
	"bufio"
	"math/rand/v2"
	"net/http"
	"strings"
	"testing"
)

func TestServersReadThePlanThatClientsDraw(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	drawn := map[Fault]int{}
	for range 5000 {
		p := draw(random, "t001-000001-aaaaaaaa")
		drawn[p.Fault]++
		r, err := http.ReadRequest(bufio.NewReader(strings.NewReader(p.head("a=b"))))
		if err != nil {
			t.Fatalf("%v: %q", err, p.head("a=b"))
		}
		got, err := parsePlan(strings.TrimPrefix(r.URL.Path, "/"), r.Method, r.URL.RawQuery)
		if err != nil {
			t.Fatal(err)
		}
		// Only the client has use for these.
		got.Minor, got.Chunked, got.Expect = p.Minor, p.Chunked, p.Expect
		if *got != *p {
			t.Fatalf("drawn %+v, read %+v", p, got)
		}
	}
	for _, fault := range faults {
		if drawn[fault] == 0 {
			t.Errorf("%s is never drawn", fault)
		}
	}
	if drawn[None] < 3000 {
		t.Errorf("only %d of 5000 exchanges go well", drawn[None])
	}
}
