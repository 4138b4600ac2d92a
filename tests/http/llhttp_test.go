package http

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"ktcpvs/daemon/http1"
)

// vector is one example of llhttp's: an input, and the log of what llhttp read in it.
type vector struct {
	name     string // file and heading
	response bool
	lenient  bool // run with llhttp's checks loosened
	skipBody bool
	input    string
	want     reading
}

var (
	section  = regexp.MustCompile(`(?s)<!--\s*meta=(\{.*?\})\s*-->\s*` + "```http\n(.*?)```\\s*(?:_.*?_\\s*)?```log\n(.*?)```")
	heading  = regexp.MustCompile(`(?m)^#+ +(.*)$`)
	kind     = regexp.MustCompile(`"type": ?"([a-z-]+)"`)
	span     = regexp.MustCompile(`^off=(\d+) len=(\d+) span\[(\w+)\]=`)
	escape   = regexp.MustCompile(`\\(r|n|t|f|x[0-9a-fA-F]+|[0-7]{1,3})`)
	logError = regexp.MustCompile(`error code=(\d+) reason="(.*)"`)
)

// Every vector is read whole, byte by byte and with another message behind it. Where llhttp refuses, so do we;
// where it accepts, we read the same messages. Its lenient modes are none of ours: what they let pass is
// refused. The exceptions stand in testdata/differences.txt with their reason.
func TestLLHTTPVectors(t *testing.T) {
	known := differences(t)
	vectors := loadVectors(t)
	if len(vectors) < 200 {
		t.Fatalf("only %d vectors found", len(vectors))
	}
	for _, v := range vectors {
		t.Run(v.name, func(t *testing.T) {
			reason, differs := known[v.name]
			delete(known, v.name)
			got := v.read(v.input, 0)
			if problem := v.compare(got); problem != "" && !differs {
				t.Errorf("%s\ninput %q\nwant %+v\ngot  %+v", problem, v.input, v.want, got)
			} else if problem == "" && differs {
				t.Errorf("listed as a difference (%s), but there is none", reason)
			}
			if slow := v.read(v.input, 1); !reflect.DeepEqual(slow, got) {
				t.Errorf("byte by byte it reads otherwise\ninput %q\nwhole %+v\nbytes %+v", v.input, got, slow)
			}
			v.checkTrailing(t, got)
		})
	}
	for name := range known {
		t.Errorf("testdata/differences.txt lists %q, which is no vector", name)
	}
}

// The vectors leave Host out, which is a fault by itself.
func TestLLHTTPVectorsAsTheyAreNeedHost(t *testing.T) {
	for _, v := range loadVectors(t) {
		raw := addedLine.ReplaceAllString(v.input, "")
		head, _, _ := strings.Cut(v.input, "\r\n\r\n")
		if v.response || !strings.Contains(head, added) || len(v.read(v.input, 0).completed()) == 0 {
			continue
		}
		var refused *http1.Error
		if got := v.read(raw, 0); !errors.As(got.err, &refused) || refused.Status != 400 {
			t.Errorf("%s: without Host: %v, want 400", v.name, got.err)
		}
	}
}

func (v *vector) read(input string, piece int) reading {
	method := http1.GET
	if v.skipBody {
		method = http1.HEAD
	}
	got := read(input, v.response, method, piece)
	for i := range got.messages {
		m := &got.messages[i]
		m.fields = slices.DeleteFunc(m.fields, func(f string) bool { return strings.HasPrefix(f, added) })
		if len(m.fields) == 0 {
			m.fields = nil
		}
	}
	return got
}

// compare says how got differs from what the vector demands.
func (v *vector) compare(got reading) string {
	switch {
	case v.lenient && got.err == nil && got.unread == 0:
		return "accepted what llhttp accepts in a lenient mode only"
	case v.lenient:
		return ""
	case v.want.err != nil && got.err == nil && v.read(v.input+"\r\n", 0).err == nil:
		// What fields mean is judged when the head is complete, so it is completed.
		return "accepted what llhttp refuses: " + v.want.err.Error()
	case v.want.err == nil && got.err != nil:
		return "refused what llhttp accepts: " + got.err.Error()
	case v.want.err == nil && !reflect.DeepEqual(got.messages, v.want.messages):
		return "read other messages than llhttp"
	}
	return ""
}

// checkTrailing appends another message: the complete ones stay what they were, and so does an error.
func (v *vector) checkTrailing(t *testing.T, whole reading) {
	behind := "GET /behind HTTP/1.1\r\nHost: b\r\n\r\n"
	if v.response {
		behind = "HTTP/1.1 200 Behind\r\nContent-Length: 0\r\n\r\n"
	}
	got, want := v.read(v.input+behind, 0).completed(), whole.completed()
	if len(got) < len(want) || !reflect.DeepEqual(got[:len(want)], want) {
		t.Errorf("trailing data changed what was read\nwant %+v\ngot  %+v", want, got)
	}
	if after := v.read(v.input+behind, 0); whole.err != nil && after.err != whole.err {
		t.Errorf("trailing data changed the error %v to %v", whole.err, after.err)
	}
}

// loadVectors reads all of testdata/llhttp.
func loadVectors(t testing.TB) []vector {
	t.Helper()
	files, err := filepath.Glob("testdata/llhttp/*/*.md")
	if err != nil || len(files) == 0 {
		t.Fatal("no vectors", err)
	}
	var all []vector
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		base, _ := filepath.Rel("testdata/llhttp", file)
		seen := map[string]int{}
		for _, at := range section.FindAllSubmatchIndex(text, -1) {
			part := func(i int) string { return string(text[at[2*i]:at[2*i+1]]) }
			titles := heading.FindAllSubmatch(text[:at[0]], -1)
			name := base + ": " + string(titles[len(titles)-1][1])
			if seen[name]++; seen[name] > 1 {
				name += fmt.Sprintf(" (%d)", seen[name])
			}
			all = append(all, newVector(t, name, part(1), part(2), part(3)))
		}
	}
	return all
}

// newVector interprets one example.
func newVector(t testing.TB, name, meta, input, log string) vector {
	t.Helper()
	mode := kind.FindStringSubmatch(meta)
	if mode == nil {
		t.Fatalf("%s: no type in %s", name, meta)
	}
	v := vector{
		name:     name,
		response: strings.HasPrefix(mode[1], "response"),
		lenient:  strings.Contains(mode[1], "lenient"),
		skipBody: strings.Contains(meta, `"skipBody": true`),
		input:    unescape(input),
	}
	v.want = understand(t, v.input, log, v.response)
	if !v.response {
		v.input = withHost(v.input)
	}
	return v
}

// unescape turns an example into bytes: lines end in CR LF, a backslash joins lines, \r \n \t \f and numbers
// stand for bytes.
func unescape(s string) string {
	s = strings.TrimSuffix(s, "\n")
	s = strings.ReplaceAll(s, "\\\n", "")
	s = strings.ReplaceAll(s, "\n", "\r\n")
	return escape.ReplaceAllStringFunc(s, func(e string) string {
		switch e[1] {
		case 'r':
			return "\r"
		case 'n':
			return "\n"
		case 't':
			return "\t"
		case 'f':
			return "\f"
		case 'x':
			n, _ := strconv.ParseUint(e[2:], 16, 8)
			return string(rune(n)) // of two bytes from 0x80 on, as the log counts them
		}
		n, _ := strconv.ParseUint(e[1:], 8, 8)
		return string(rune(n))
	})
}

// added is the Host field the vectors get, spelt so that it is told from their own.
const added = "hOST: "

var addedLine = regexp.MustCompile(added + "[^\r]*\r\n")

// withHost adds the Host field that HTTP/1.1 requests of the vectors lack.
func withHost(s string) string {
	const version = " HTTP/1.1\r\n"
	var out strings.Builder
	for {
		i := strings.Index(s, version)
		if i < 0 {
			return out.String() + s
		}
		target := s[strings.LastIndexByte(s[:i], ' ')+1 : i]
		out.WriteString(s[:i+len(version)])
		s = s[i+len(version):]
		head, _, _ := strings.Cut("\r\n"+s, "\r\n\r\n")
		switch _, after, absolute := strings.Cut(target, "://"); {
		case strings.Contains(strings.ToLower(head), "\r\nhost:"):
		case absolute:
			end := strings.IndexAny(after+"/", "/?")
			out.WriteString(added + after[:end] + "\r\n")
		default:
			out.WriteString(added + "vector.test\r\n")
		}
	}
}

// understand turns llhttp's log of an input into messages.
func understand(t testing.TB, input, log string, response bool) reading {
	t.Helper()
	var r reading
	var m *message
	text := map[string]string{} // of the spans of the present element
	for line := range strings.SplitSeq(strings.TrimSpace(log), "\n") {
		if s := span.FindStringSubmatch(line); s != nil {
			off, _ := strconv.Atoi(s[1])
			n, _ := strconv.Atoi(s[2])
			text[s[3]] += input[off : off+n]
			if s[3] == "body" {
				m.body += input[off : off+n]
			}
			continue
		}
		if e := logError.FindStringSubmatch(line); e != nil {
			// 5: data after the last message of a connection; 22: what follows is no longer HTTP.
			if e[1] != "5" && e[1] != "22" {
				r.err = errors.New(e[2])
			}
			continue
		}
		_, event, _ := strings.Cut(line, " ")
		switch {
		case event == "message begin":
			r.messages = append(r.messages, message{})
			m = &r.messages[len(r.messages)-1]
			clear(text)
		case event == "header_value complete":
			m.fields = append(m.fields, text["header_field"]+": "+strings.Trim(text["header_value"], " \t"))
			delete(text, "header_field")
			delete(text, "header_value")
		case strings.HasPrefix(event, "headers complete"):
			m.start = text["method"] + " " + text["url"]
			if response {
				_, code, _ := strings.Cut(event, "status=")
				code, _, _ = strings.Cut(code, " ")
				m.start = strings.TrimSpace(code + " " + strings.TrimSpace(text["status"]))
			}
		case event == "message complete":
			m.complete = true
		}
	}
	r.messages = slices.DeleteFunc(r.messages, func(m message) bool { return m.start == "" })
	if len(r.messages) == 0 {
		r.messages = nil
	}
	return r
}

// differences reads testdata/differences.txt: a vector's name, a line with the reason below it, indented.
func differences(t *testing.T) map[string]string {
	t.Helper()
	text, err := os.ReadFile("testdata/differences.txt")
	if err != nil {
		t.Fatal(err)
	}
	known := map[string]string{}
	name := ""
	for line := range strings.Lines(string(text)) {
		line = strings.TrimRight(line, "\n")
		switch {
		case line == "" || strings.HasPrefix(line, "#"):
		case strings.HasPrefix(line, "    "):
			known[name] = strings.TrimSpace(line)
		default:
			name = line
			known[name] = ""
		}
	}
	for name, reason := range known {
		if reason == "" {
			t.Errorf("differences.txt gives no reason for %q", name)
		}
	}
	return known
}
