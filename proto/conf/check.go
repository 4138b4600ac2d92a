package conf

import (
	"errors"
	"fmt"
	"net/netip"
	"regexp/syntax"
	"strings"
	"unicode/utf8"

	"ktcpvs/proto"
)

// CheckName says what is wrong with the name of a virtual service, if
// anything is.
func CheckName(name string) error {
	if name == "" || len(name) > proto.MaxName {
		return fmt.Errorf("a name has 1 to %d bytes, not %d", proto.MaxName, len(name))
	}
	return checkText(name)
}

// CheckExpression says what is wrong with an extended regular expression, if
// anything is.
func CheckExpression(expression string) error {
	if expression == "" || len(expression) > proto.MaxPattern {
		return fmt.Errorf("an expression has 1 to %d bytes, not %d", proto.MaxPattern, len(expression))
	}
	if err := checkText(expression); err != nil {
		return err
	}
	if _, err := syntax.Parse(expression, syntax.POSIX); err != nil {
		var bad *syntax.Error
		if errors.As(err, &bad) {
			return fmt.Errorf("%s: %s", bad.Code, quoted(bad.Expr))
		}
		return err
	}
	return nil
}

// CheckMethod says what is wrong with a method, if anything is.
func CheckMethod(method string) error { return checkToken(method, proto.MaxMethod) }

// CheckFieldName says what is wrong with the name of a header or a cookie, if
// anything is.
func CheckFieldName(name string) error { return checkToken(name, proto.MaxField) }

// checkToken holds text to RFC 9110, section 5.6.2.
func checkToken(token string, longest int) error {
	if token == "" || len(token) > longest {
		return fmt.Errorf("it has 1 to %d bytes, not %d", longest, len(token))
	}
	for i := range len(token) {
		if !isTokenByte(token[i]) {
			return fmt.Errorf("%s can not stand in it", quoted(token[i:i+1]))
		}
	}
	return nil
}

// CheckQueryName says what is wrong with the name of a query parameter, if
// anything is.
func CheckQueryName(name string) error {
	if name == "" || len(name) > proto.MaxField {
		return fmt.Errorf("it has 1 to %d bytes, not %d", proto.MaxField, len(name))
	}
	return checkText(name)
}

// ParseSource reads a source condition: a prefix, or an address, which is a
// prefix of its whole length. Bits past the length must be zero.
func ParseSource(text string) (netip.Prefix, error) {
	if !strings.Contains(text, "/") {
		addr, err := netip.ParseAddr(text)
		if err != nil || addr.Zone() != "" {
			return netip.Prefix{}, fmt.Errorf("%s is no address", quoted(text))
		}
		addr = addr.Unmap()
		return netip.PrefixFrom(addr, addr.BitLen()), nil
	}
	prefix, err := netip.ParsePrefix(text)
	if err != nil {
		return netip.Prefix{}, fmt.Errorf("%s is no address/length", quoted(text))
	}
	if prefix != prefix.Masked() {
		return netip.Prefix{}, fmt.Errorf("%s has bits past its length: %s was meant?", quoted(text), prefix.Masked())
	}
	return prefix, nil
}

func checkText(text string) error {
	for i := range len(text) {
		if c := text[i]; isControl(c) {
			return errors.New(controlName(c) + " can not stand in it")
		}
	}
	if !utf8.ValidString(text) {
		return errors.New("it is not UTF-8")
	}
	return nil
}

// isTokenByte reports a tchar.
func isTokenByte(c byte) bool {
	switch {
	case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9':
		return true
	}
	return strings.IndexByte("!#$%&'*+-.^_`|~", c) >= 0
}
