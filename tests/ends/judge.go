package ends

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"

	"golang.org/x/sys/unix"

	"ktcpvs/tests/wait"
)

// received reads what is left of the stream and says how it ended.
func (st *stream) received(from int) string {
	st.receiver.SetDeadline(wait.End())
	at := from
	piece := make([]byte, 64<<10)
	for {
		n, err := st.body.Read(piece)
		for i, b := range piece[:n] {
			if b != pattern(at+i) {
				return fmt.Sprintf("byte %d is %#x, expected %#x", at+i, b, pattern(at+i))
			}
		}
		at += n
		switch {
		case err == nil:
		case err == io.EOF && at == st.total:
			return "whole"
		case err == io.EOF:
			return fmt.Sprintf("%d of %d bytes that look whole", at, st.total)
		case errors.Is(err, io.ErrUnexpectedEOF):
			return "short"
		case isReset(err):
			return "reset"
		default:
			return fmt.Sprintf("after %d of %d bytes: %v", at, st.total, err)
		}
	}
}

func isReset(err error) bool { return errors.Is(err, unix.ECONNRESET) || errors.Is(err, unix.EPIPE) }

// told says what the sender sees while it goes on sending, if it is to.
func (st *stream) told(want string, goesOn bool) string {
	st.sender.SetDeadline(wait.End())
	if want == "answer" {
		if response, err := http.ReadResponse(st.heard, nil); err != nil || response.StatusCode < 400 {
			return fmt.Sprint(response, err)
		}
		return "answer"
	}
	read := make(chan error, 1)
	go func() {
		_, err := io.Copy(io.Discard, st.heard)
		read <- err
	}()
	if goesOn {
		if st.column == tunnel {
			read <- <-read // the receiver has closed, and what comes then is not for it
		}
		st.goOn()
	}
	err := <-read
	if !isReset(err) {
		// The kernel tells an error once: to the send, if there was one.
		select {
		case wrote := <-st.wrote:
			st.wrote <- wrote
			if isReset(wrote) {
				err = wrote
			}
		case <-time.After(wait.Limit):
			return "sends for ever"
		}
	}
	switch {
	case isReset(err):
		return "reset"
	case err == nil:
		return "closed"
	}
	return err.Error()
}

// goOn sends more than was to be sent, until that fails.
func (st *stream) goOn() {
	err := <-st.wrote
	for end := wait.End(); err == nil && time.Now().Before(end); wait.Gap(2 * time.Millisecond) {
		_, err = st.sender.Write(st.frames([]byte("more")))
	}
	st.wrote <- err
}

// agrees reports whether what was seen is what the manual says. A reset shows as
// well as an end that comes too early that something is missing, and that the
// connection has closed.
func agrees(seen, said string) bool {
	return said == "-" || seen == said || seen == "reset" && (said == "short" || said == "closed")
}
