package conf

import (
	"fmt"
	"testing"
)

// routes is a configuration with n rules over 16 servers.
func routes(n int) []byte {
	src := []byte("Virtual shop {\n    scheduler = phttp\n")
	for i := range 16 {
		src = fmt.Appendf(src, "    server = 10.0.0.%d:80 1\n", i+1)
	}
	for i := range n {
		src = fmt.Appendf(src, "    rule = pattern \"^/shop/category-%d/([^/]+)/item-[0-9]+\\.html$\" use server 10.0.0.%d:80\n", i, i%16+1)
	}
	return append(src, "}\n"...)
}

func BenchmarkParse(b *testing.B) {
	for _, rules := range []int{1_000, 10_000} {
		b.Run(fmt.Sprintf("rules=%d", rules), func(b *testing.B) {
			src := routes(rules)
			b.SetBytes(int64(len(src)))
			b.ReportAllocs()
			for b.Loop() {
				if _, err := Parse("bench", src, book{}); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkAppendSave(b *testing.B) {
	f, err := Read("bench", routes(10_000), book{})
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	var dst []byte
	for b.Loop() {
		dst = AppendSave(dst[:0], f, Numeric{})
	}
}
