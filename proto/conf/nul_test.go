package conf_test

import (
	"errors"
	"strings"
	"testing"

	"ktcpvs/proto/conf"
)

// A byte that nothing may hold is one mistake, wherever it stands.
func TestAByteThatNoTokenHoldsIsOneMistake(t *testing.T) {
	const file = `virtual web {
  listen = 10.0.0.1:80
  scheduler = http
  server = 10.0.0.2:80 5
  rule = pattern "/a" host "b" use server 10.0.0.2:80
}
knobs { read_timeout = 60 }
modules { wlc }
virtual mail { listen = 10.0.0.1:81 }
`
	if _, err := conf.Read("f", []byte(file), nil); err != nil {
		t.Fatal(err)
	}
	for i := range file {
		_, err := conf.Read("f", []byte(file[:i]+"\x00"+file[i:]), nil)
		line := 1 + strings.Count(file[:i], "\n")
		mistakes, ok := errors.AsType[conf.Mistakes](err)
		if !ok || len(mistakes) != 1 || mistakes[0].Found != "a NUL byte" || mistakes[0].Line != line {
			t.Errorf("a NUL in line %d before %.15q, expected one mistake about it, got\n%v", line, file[i:], err)
		}
	}
}
