//go:build !amd64 && !arm64

package privilege

import (
	"fmt"
	"runtime"
)

func installFilter(Options) error {
	return fmt.Errorf("there is no filter for %s", runtime.GOARCH)
}
