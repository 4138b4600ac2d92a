package differential

import (
	"fmt"
	"strings"
	"sync"

	"golang.org/x/sys/unix"
)

// Recorder is the servers behind the proxies. It notes what arrives on each
// connection, answers every whole message it reads there, and keeps the
// connection as long as all of it can be read. One goroutine serves all doors,
// so that Take can look into the kernel by itself: what a proxy has sent
// before Take is called is in what it returns.
type Recorder struct {
	mu    sync.Mutex
	epoll int
	doors map[int]*Door
	conns map[int]*arrival
	done  chan struct{}
	buf   []byte
}

// Door is one address, for one proxy at a time to send one case at a time to.
type Door struct {
	Port int

	recorder *Recorder
	fd       int
	open     map[*arrival]bool
	got      Received
}

// Received is what a proxy has sent in answer to a case.
type Received struct {
	Messages  []Message // in the order of their ends; answered with their index
	Parts     []Message // begun on a connection, and not ended
	Malformed []string  // what was no message, and why
}

// arrival is one connection of a proxy.
type arrival struct {
	door *Door
	fd   int
	text string // not yet read as a message
}

// NewRecorder starts the goroutine; Close ends it.
func NewRecorder() (*Recorder, error) {
	epoll, err := unix.EpollCreate1(unix.EPOLL_CLOEXEC)
	if err != nil {
		return nil, fmt.Errorf("epoll_create1: %w", err)
	}
	r := &Recorder{epoll: epoll, doors: map[int]*Door{}, conns: map[int]*arrival{}, done: make(chan struct{}), buf: make([]byte, 256<<10)}
	go r.serve()
	return r, nil
}

// Open opens a door at a free port of 127.0.0.1 in the caller's network
// namespace.
func (r *Recorder) Open() (*Door, error) {
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return nil, fmt.Errorf("socket: %w", err)
	}
	bound, err := unix.Sockaddr(nil), unix.Bind(fd, &unix.SockaddrInet4{Addr: [4]byte{127, 0, 0, 1}})
	if err == nil {
		err = unix.Listen(fd, 1024)
	}
	if err == nil {
		bound, err = unix.Getsockname(fd)
	}
	if err == nil {
		err = unix.EpollCtl(r.epoll, unix.EPOLL_CTL_ADD, fd, &unix.EpollEvent{Events: unix.EPOLLIN, Fd: int32(fd)})
	}
	if err != nil {
		unix.Close(fd)
		return nil, fmt.Errorf("listen on 127.0.0.1: %w", err)
	}
	d := &Door{Port: bound.(*unix.SockaddrInet4).Port, recorder: r, fd: fd, open: map[*arrival]bool{}}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.doors[fd] = d
	return d, nil
}

// Close closes every door and connection.
func (r *Recorder) Close() {
	r.mu.Lock()
	close(r.done)
	for fd := range r.conns {
		unix.Close(fd)
	}
	for fd := range r.doors {
		unix.Close(fd)
	}
	unix.Close(r.epoll)
	r.mu.Unlock()
}

func (r *Recorder) serve() {
	events := make([]unix.EpollEvent, 64)
	for {
		n, err := unix.EpollWait(r.epoll, events, 1000)
		r.mu.Lock()
		select {
		case <-r.done:
			r.mu.Unlock()
			return
		default:
		}
		if err == nil {
			for _, e := range events[:n] {
				if d := r.doors[int(e.Fd)]; d != nil {
					d.accept()
				} else if a := r.conns[int(e.Fd)]; a != nil {
					a.read()
				}
			}
		}
		r.mu.Unlock()
	}
}

// Take returns what has come since the last call, and begins anew:
// connections that stand in the middle of a message are closed.
func (d *Door) Take() Received {
	r := d.recorder
	r.mu.Lock()
	defer r.mu.Unlock()
	d.accept()
	for a := range d.open {
		a.read()
	}
	for a := range d.open {
		if a.text != "" {
			a.close()
		}
	}
	got := d.got
	d.got = Received{}
	return got
}

func (d *Door) accept() {
	for {
		fd, _, err := unix.Accept4(d.fd, unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC)
		if err == unix.EINTR || err == unix.ECONNABORTED {
			continue
		}
		if err != nil {
			return
		}
		a := &arrival{door: d, fd: fd}
		d.open[a] = true
		d.recorder.conns[fd] = a
		if unix.EpollCtl(d.recorder.epoll, unix.EPOLL_CTL_ADD, fd, &unix.EpollEvent{Events: unix.EPOLLIN, Fd: int32(fd)}) != nil {
			a.close()
			continue
		}
		a.read()
	}
}

// read takes in what has come, to the connection's end if it has.
func (a *arrival) read() {
	for a.door.open[a] {
		n, err := unix.Read(a.fd, a.door.recorder.buf)
		switch {
		case err == unix.EINTR:
		case err == unix.EAGAIN:
			return
		case err != nil || n == 0:
			a.close()
		default:
			a.text += string(a.door.recorder.buf[:n])
			a.answer()
		}
	}
}

// answer answers the whole messages that are there.
func (a *arrival) answer() {
	for a.text != "" {
		m, rest, end := next(a.text)
		switch {
		case m != nil && m.Whole:
			body := fmt.Sprint(len(a.door.got.Messages))
			a.door.got.Messages = append(a.door.got.Messages, *m)
			a.text = rest
			if m.Method == "HEAD" {
				body = ""
			}
			a.write(fmt.Sprintf("HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s", len(body), body))
		case end != incomplete:
			a.write("HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
		}
		switch end {
		case "":
		case incomplete:
			return
		default:
			a.close()
			return
		}
	}
}

func (a *arrival) write(text string) {
	unix.SendmsgN(a.fd, []byte(text), nil, nil, unix.MSG_NOSIGNAL) // one that does not fit is for a proxy that is not reading
}

// close ends the connection, and notes what of a message it leaves.
func (a *arrival) close() {
	unix.Close(a.fd)
	delete(a.door.open, a)
	delete(a.door.recorder.conns, a.fd)
	if a.text == "" {
		return
	}
	m, _, end := next(a.text)
	switch {
	case end != incomplete:
		a.door.got.Malformed = append(a.door.got.Malformed, end+" in "+quote(a.text))
	case m != nil:
		a.door.got.Parts = append(a.door.got.Parts, *m)
	default:
		a.door.got.Parts = append(a.door.got.Parts, Message{Target: "(part of a head) " + quote(a.text)})
	}
	a.text = ""
}

// quote shows bytes, long runs of the same ones and long texts shortened.
func quote(text string) string {
	var b strings.Builder
	for len(text) > 0 && b.Len() < 1500 {
		run := 1
		for run < len(text) && text[run] == text[0] {
			run++
		}
		if run > 12 {
			fmt.Fprintf(&b, "<%d times %q>", run, text[0])
		} else {
			quoted := fmt.Sprintf("%+q", text[:run])
			b.WriteString(quoted[1 : len(quoted)-1])
		}
		text = text[run:]
	}
	if len(text) > 0 {
		return fmt.Sprintf("\"%s\" and %d bytes more", &b, len(text))
	}
	return "\"" + b.String() + "\""
}
