package match

import (
	"fmt"
	"testing"
)

// BenchmarkHostile is what 8 KiB of the dearest URI cost that a search finds for each
// table, read in lanes from the first byte on: beside BenchmarkMatch, which is what
// ordinary ones cost. What making states costs first is bounded by maxSpent.
func BenchmarkHostile(b *testing.B) {
	for _, n := range []int{10, 100, 1000, 10000} {
		tables := evilTables(n)
		if n == 10 {
			tables = append(tables, deepTables()...)
		}
		for _, table := range tables {
			b.Run(fmt.Sprintf("%s/rules=%d", table.name, len(table.patterns)), func(b *testing.B) {
				set := mustCompile(b, table.patterns)
				h := newHostile(set, []string{table.uri}, 8192)
				uri, words := h.climb(table.uri, 60)
				b.ReportAllocs()
				for b.Loop() {
					h.words(uri)
				}
				most, _ := set.Worst()
				b.ReportMetric(float64(words)/float64(len(uri)), "words/B")
				b.ReportMetric(float64(most), "promised/B")
				b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(len(uri))*8192/1e6, "ms/8KiB")
			})
		}
	}
}
