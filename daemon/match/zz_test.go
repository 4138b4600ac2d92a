package match

import (
	"testing"
	"time"
)

func BenchmarkZZ(b *testing.B) {
	set := mustCompile(b, []Pattern{{Expr: "/images/.*"}, {Expr: "/html/.*"}, {Expr: ".*"}})
	for _, uri := range []string{"x", "/images/logo/a12.png", "/html/index/main.html", "/cgi-bin/search?q=ab", "/cgi-bin/se/rch/and/what/not/qq.html"} {
		b.Run(uri, func(b *testing.B) {
			in := &Input{URI: []byte(uri)}
			best := 1e9
			for b.Loop() {
				t := time.Now()
				for range 500 {
					set.Match(in)
				}
				best = min(best, float64(time.Since(t))/500)
			}
			b.ReportMetric(best, "min-ns")
		})
	}
}
