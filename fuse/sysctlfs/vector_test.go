package sysctlfs

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"testing"
)

// accepted are writes with the value they set; unless taken is given, all of
// the text is taken.
var accepted = []struct {
	text  string
	value int32
	taken int
}{
	{text: "0", value: 0},
	{text: "2\n", value: 2},
	{text: "2", value: 2},
	{text: "  \t\n2 \n", value: 2},
	{text: "\v\f\r2", value: 2},
	{text: "\xa07", value: 7},
	{text: "-5\n", value: -5},
	{text: "-0", value: 0},
	{text: "0x1F", value: 31},
	{text: "0Xff\n", value: 255},
	{text: "-0x10", value: -16},
	{text: "017", value: 15},
	{text: "-017\n", value: -15},
	{text: "00", value: 0},
	{text: "2147483647", value: math.MaxInt32},
	{text: "-2147483648", value: math.MinInt32},
	{text: "0x7fffffff", value: math.MaxInt32},
	{text: "00000000000000000017", value: 15},
	{text: "1 2\n", value: 1, taken: 2},
	{text: "1\n2\n", value: 1, taken: 2},
	{text: "1\t x", value: 1, taken: 3},
	{text: strings.Repeat(" ", 4000) + "3", value: 3},
	{text: "3" + strings.Repeat(" ", 5000), value: 3},
	{text: "3 4" + strings.Repeat(" ", 5000), value: 3, taken: 5003 - 4093},
}

// refused are writes that are EINVAL.
var refused = []string{
	"", " ", "\n", "\t\n ", "-", "- 1", "--1", "+1", "+", "x", "1x", "1,2", "1.5", "1-", "0x", "0x\n", "0xg", "08", "019", "0b1", "0o7",
	"2147483648", "-2147483649", "4294967297", "0x80000000", "0xffffffffffffffff", "18446744073709551616", "99999999999999999999",
	"000000000000000000017", "00000000000000000000000000001", "1\v", "1\r\n", "1\xa0", "\x001", "1\x00", "1\x00\n", "1_000", "0x_1", "ten", "\"1\"", "'1'", "é",
	strings.Repeat(" ", 4095) + "3", strings.Repeat("1", 5000),
}

func TestAWriteIsParsedAsTheKernelParsesIt(t *testing.T) {
	for _, c := range accepted {
		t.Run(strconv.Quote(shorten(c.text)), func(t *testing.T) {
			taken := c.taken
			if taken == 0 {
				taken = len(c.text)
			}
			value, n, ok := parseWrite([]byte(c.text))
			if !ok || value != c.value || n != taken {
				t.Errorf("got %d, %d, %v; want %d, %d", value, n, ok, c.value, taken)
			}
		})
	}
	for _, text := range refused {
		t.Run(strconv.Quote(shorten(text)), func(t *testing.T) {
			if value, n, ok := parseWrite([]byte(text)); ok {
				t.Errorf("taken as %d (%d bytes)", value, n)
			}
		})
	}
}

func shorten(text string) string {
	if len(text) > 32 {
		return fmt.Sprintf("%.32s...%d", text, len(text))
	}
	return text
}

func TestEveryIntegerReadIsAnIntegerThatCanBeWritten(t *testing.T) {
	for _, value := range []int32{0, 1, -1, 9, 10, 255, -4096, math.MaxInt32, math.MinInt32} {
		for _, text := range []string{"%d", "%d\n", " %d ", "%#x", "%#o"} {
			text := fmt.Sprintf(text, value)
			if got, n, ok := parseWrite([]byte(text)); !ok || got != value || n != len(text) {
				t.Errorf("%q: got %d, %d, %v", text, got, n, ok)
			}
		}
	}
}

func FuzzParseWrite(f *testing.F) {
	for _, c := range accepted {
		f.Add([]byte(c.text))
	}
	for _, text := range refused {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		value, n, ok := parseWrite(text)
		if !ok {
			if value != 0 || n != 0 {
				t.Fatalf("%q refused with %d, %d", text, value, n)
			}
			return
		}
		if n < 1 || n > len(text) {
			t.Fatalf("%q: took %d of %d bytes", text, n, len(text))
		}
		plain := strconv.Itoa(int(value))
		if !strings.ContainsAny(string(text), "xX") && !strings.Contains(string(text), "0") && !strings.Contains(string(text), plain) {
			t.Fatalf("%q: no %s in it", text, plain)
		}
		for _, same := range [][]byte{[]byte(plain), []byte(plain + "\n"), []byte("\t " + plain + " ")} {
			if again, n, ok := parseWrite(same); !ok || again != value || n != len(same) {
				t.Fatalf("%q gave %d, but %q gives %d, %d, %v", text, value, same, again, n, ok)
			}
		}
		if len(text) < pageBytes/2 {
			if again, _, ok := parseWrite(append([]byte(" \n"), text...)); !ok || again != value {
				t.Fatalf("%q gave %d, but with blanks before it %d, %v", text, value, again, ok)
			}
		}
	})
}
