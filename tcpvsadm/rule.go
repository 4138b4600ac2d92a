package main

import (
	"fmt"
	"math"
	"net/netip"
	"strings"

	"github.com/urfave/cli/v2"

	"ktcpvs/proto"
	"ktcpvs/proto/conf"
)

func (s *session) addRule(c *cli.Context) error {
	rule, err := s.rule(c)
	if err != nil {
		return err
	}
	match, err := valueOf(c, optionMatch).number(0, proto.MaxMatch)
	if err != nil {
		return err
	}
	rule.Match = uint8(match)
	if at := valueOf(c, optionAt); at.isGiven() {
		number, err := at.number(1, math.MaxUint32)
		if err != nil {
			return err
		}
		rule.Number = uint32(number)
	}
	return s.changeRule(c, rule)
}

func (s *session) deleteRule(c *cli.Context) error {
	if c.IsSet(optionNumber) {
		return s.deleteNumbered(c)
	}
	rule, err := s.rule(c)
	if err != nil {
		return err
	}
	return s.change(c, proto.Change{Command: proto.CmdDelRule, Rule: rule})
}

// rule is what the options say of a rule and its one server.
func (s *session) rule(c *cli.Context) (rule proto.Rule, err error) {
	if rule.Conditions, err = conditions(c); err != nil {
		return rule, err
	}
	var addr netip.AddrPort
	rule.Service, addr, err = s.server(c)
	rule.Dests = []netip.AddrPort{addr}
	return rule, err
}

// conditions are what the options ask of a request. That there is one, the
// grammar has seen to.
func conditions(c *cli.Context) (asked proto.Conditions, err error) {
	if asked.Pattern, err = valueOf(c, optionPattern).checked(conf.CheckExpression); err != nil {
		return asked, err
	}
	if asked.Path, err = valueOf(c, optionPath).checked(conf.CheckExpression); err != nil {
		return asked, err
	}
	if asked.Prefix, err = valueOf(c, optionPrefix).checked(proto.CheckPrefix); err != nil {
		return asked, err
	}
	asked.IgnoreCase = c.Bool(optionIgnoreCase)
	if err := checkURI(c, &asked); err != nil {
		return asked, err
	}
	if asked.Host, err = valueOf(c, optionHost).checked(conf.CheckExpression); err != nil {
		return asked, err
	}
	if asked.Method, err = valueOf(c, optionMethod).checked(proto.CheckMethod); err != nil {
		return asked, err
	}
	if asked.Headers, err = namedPatterns(valueOf(c, optionHeader), ":"); err != nil {
		return asked, err
	}
	if asked.Cookies, err = namedPatterns(valueOf(c, optionCookie), "="); err != nil {
		return asked, err
	}
	if asked.Queries, err = namedPatterns(valueOf(c, optionQuery), "="); err != nil {
		return asked, err
	}
	if source := valueOf(c, optionSource); source.isGiven() {
		if asked.Source, err = conf.ParseSource(source.text()); err != nil {
			return asked, source.failNamed(err)
		}
	}
	return asked, nil
}

// checkURI tells, by the options' names, whether what is asked of the URI goes together.
func checkURI(c *cli.Context, asked *proto.Conditions) error {
	err := asked.CheckURI()
	if err == nil {
		return nil
	}
	command := spelling(c.Command.Names())
	var given []string
	for _, name := range []string{optionPattern, optionPath, optionPrefix} {
		if c.IsSet(name) {
			given = append(given, spelling(findFlag(c.Command.Flags, name).Names()))
		}
	}
	if len(given) == 0 {
		return usagef("option --%s with command %s needs --%s (-p), --%s or --%s", optionIgnoreCase, command, optionPattern, optionPath, optionPrefix)
	}
	return usagef("options %s with command %s exclude one another: a rule asks one thing of the URI", strings.Join(given, " and "), command)
}

// namedPatterns reads NAME or NAME, separator, EXPRESSION for each time that
// the option is given. Blanks after the separator are no part of either.
func namedPatterns(v value, separator string) ([]proto.NamedPattern, error) {
	var list []proto.NamedPattern
	for _, text := range v.c.StringSlice(v.option) {
		name, expression, divided := strings.Cut(text, separator)
		check := proto.CheckField
		if separator == ":" {
			check, expression = proto.CheckHeader, strings.TrimLeft(expression, " ")
		}
		if err := check(name); err != nil {
			return nil, v.fail(text, fmt.Sprintf("%v; write NAME or NAME%sEXPRESSION", err, separator))
		}
		if divided && expression == "" {
			return nil, v.fail(text, fmt.Sprintf("no expression follows; write NAME or NAME%sEXPRESSION", separator))
		}
		if divided {
			if err := conf.CheckExpression(expression); err != nil {
				return nil, v.fail(text, err)
			}
		}
		list = append(list, proto.NamedPattern{Name: name, Pattern: expression})
	}
	if len(list) > proto.MaxNamed {
		return nil, v.fail(list[proto.MaxNamed].Name, fmt.Sprintf("no more than %d can be given", proto.MaxNamed))
	}
	return list, nil
}
