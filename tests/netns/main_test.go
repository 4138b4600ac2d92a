package netns

import (
	"os"
	"testing"

	"ktcpvs/tests/netns/lab"
)

func TestMain(m *testing.M) { os.Exit(lab.Main(m)) }
