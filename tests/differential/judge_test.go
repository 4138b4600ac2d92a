package differential

import (
	"fmt"
	"io"
	"testing"

	"golang.org/x/sys/unix"
)

func TestAResetIsAnEndOnlyWhereTheClientHasAskedForOne(t *testing.T) {
	reset := fmt.Errorf("read: %w", unix.ECONNRESET)
	for _, c := range []struct {
		end     string
		failure error
		want    Kind
	}{
		{closing, nil, ""}, {allRead, nil, ""},
		{closing, reset, ""}, {allRead, reset, Unanswered}, {incomplete, reset, Unanswered},
		{closing, io.ErrUnexpectedEOF, Unanswered},
	} {
		if d := CompareEnds(Reading{End: c.end}, c.failure); d.Kind != c.want {
			t.Errorf("%s, %v: %q, want %q", c.end, c.failure, d.Kind, c.want)
		}
	}
}
