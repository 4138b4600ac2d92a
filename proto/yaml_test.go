package proto

import (
	"math"
	"os"
	"slices"
	"testing"

	"github.com/goccy/go-yaml"
)

// spec is what of the kernel's genetlink schema ktcpvs.yaml uses; anything
// else in it is an error.
type spec struct {
	Name        string
	Protocol    string
	Doc         string
	Definitions []struct {
		Type, Name, Doc string
		Value           uint64
	}
	AttributeSets []struct {
		Name       string
		Attributes []specAttribute
	} `yaml:"attribute-sets"`
	Operations struct {
		EnumModel string `yaml:"enum-model"`
		List      []specOperation
	}
}

type specAttribute struct {
	Name, Type, Doc string
	ByteOrder       string `yaml:"byte-order"`
	Nested          string `yaml:"nested-attributes"`
	Multi           bool   `yaml:"multi-attr"`
	Checks          struct {
		Min, Max *int64
		MaxLen   *int64 `yaml:"max-len"`
	}
}

type specOperation struct {
	Name, Doc    string
	Value        Command
	AttributeSet string `yaml:"attribute-set"`
	Flags        []string
	Do, Dump     *struct {
		Request, Reply struct{ Attributes []string }
	}
}

func readSpec(t *testing.T) *spec {
	t.Helper()
	f, err := os.Open("ktcpvs.yaml")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	s := new(spec)
	if err := yaml.NewDecoder(f, yaml.DisallowUnknownField()).Decode(s); err != nil {
		t.Fatal(err)
	}
	return s
}

func TestTheSpecificationHasTheFamilysConstants(t *testing.T) {
	s := readSpec(t)
	if s.Name != FamilyName || s.Protocol != "genetlink" || s.Operations.EnumModel != "unified" || s.Doc == "" {
		t.Errorf("the family is %q, %q, %q", s.Name, s.Protocol, s.Operations.EnumModel)
	}
	got := map[string]uint64{}
	for _, d := range s.Definitions {
		if d.Type != "const" {
			t.Errorf("definition %s is a %s", d.Name, d.Type)
		}
		got[d.Name] = d.Value
	}
	for name, want := range map[string]uint64{"default-port": uint64(DefaultPort), "family-version": FamilyVersion} {
		if got[name] != want {
			t.Errorf("%s is %d, want %d", name, got[name], want)
		}
		delete(got, name)
	}
	if len(got) > 0 {
		t.Errorf("unknown definitions %v", got)
	}
}

// sets are all attribute sets that a message can hold.
func sets() []*set {
	list := []*set{commandSet}
	for i := 0; i < len(list); i++ {
		for _, a := range list[i].attrs {
			if a.nest != nil && !slices.Contains(list, a.nest) {
				list = append(list, a.nest)
			}
		}
	}
	return list
}

func TestTheSpecificationHasEveryAttributeAsTheCodecDoes(t *testing.T) {
	s := readSpec(t)
	if len(s.AttributeSets) != len(sets()) {
		t.Errorf("%d attribute sets, want %d", len(s.AttributeSets), len(sets()))
	}
	for _, want := range sets() {
		i := slices.IndexFunc(s.AttributeSets, func(a struct {
			Name       string
			Attributes []specAttribute
		}) bool {
			return a.Name == want.name
		})
		if i < 0 {
			t.Errorf("attribute set %s is missing", want.name)
			continue
		}
		got := s.AttributeSets[i].Attributes
		if len(got) != len(want.attrs)-1 {
			t.Errorf("%s has %d attributes, want %d", want.name, len(got), len(want.attrs)-1)
			continue
		}
		// Without a value of its own, an attribute's number is its place.
		for i, a := range got {
			checkAttribute(t, want.name, &a, &want.attrs[i+1])
		}
	}
}

var specTypes = map[kind]struct {
	name     string
	min, max int64
}{
	kindU8:      {"u8", 0, math.MaxUint8},
	kindU16:     {"u16", 0, math.MaxUint16},
	kindU32:     {"u32", 0, math.MaxUint32},
	kindU64:     {"u64", 0, 0},
	kindS32:     {"s32", math.MinInt32, math.MaxInt32},
	kindPort:    {"u16", 0, math.MaxUint16},
	kindString:  {"string", 0, 0},
	kindFlag:    {"flag", 0, 0},
	kindAddress: {"binary", 0, 0},
	kindNest:    {"nest", 0, 0},
}

func checkAttribute(t *testing.T, set string, got *specAttribute, want *attribute) {
	t.Helper()
	kind := specTypes[want.kind]
	if got.Name != want.name || got.Type != kind.name {
		t.Errorf("%s has %s %s, want %s %s", set, got.Type, got.Name, kind.name, want.name)
		return
	}
	name := set + " " + want.name
	if (got.ByteOrder == "big-endian") != (want.kind == kindPort) {
		t.Errorf("%s has byte order %q", name, got.ByteOrder)
	}
	if nest := ""; want.nest != nil {
		nest = want.nest.name
		if got.Nested != nest {
			t.Errorf("%s nests %q, want %q", name, got.Nested, nest)
		}
	}
	if got.Multi != (want.repeat > 1) {
		t.Errorf("%s may repeat: %v", name, got.Multi)
	}
	limit := func(which string, got *int64, want, otherwise int64) {
		value := otherwise
		if got != nil {
			value = *got
		}
		if value != want {
			t.Errorf("%s has %s %d, want %d", name, which, value, want)
		}
	}
	switch want.kind {
	case kindString:
		limit("max-len", got.Checks.MaxLen, want.max, -1)
	case kindAddress:
		limit("max-len", got.Checks.MaxLen, 16, -1)
	case kindU8, kindU16, kindU32, kindS32, kindPort:
		limit("min", got.Checks.Min, want.min, kind.min)
		limit("max", got.Checks.Max, want.max, kind.max)
	}
}

func TestTheSpecificationHasEveryOperation(t *testing.T) {
	s := readSpec(t)
	if len(s.Operations.List) != len(operations) {
		t.Errorf("%d operations, want %d", len(s.Operations.List), len(operations))
	}
	for _, op := range s.Operations.List {
		want, ok := operations[op.Value]
		if !ok || op.Name != op.Value.String() {
			t.Errorf("operation %d is %s, want %v", op.Value, op.Name, op.Value)
			continue
		}
		if op.AttributeSet != "command" || !slices.Equal(op.Flags, []string{"uns-admin-perm"}) || op.Doc == "" {
			t.Errorf("%s has set %s, flags %v, doc %q", op.Name, op.AttributeSet, op.Flags, op.Doc)
		}
		if (op.Do != nil) != (want.do != nil) || (op.Dump != nil) != (want.dump != nil) {
			t.Errorf("%s: do %v, dump %v", op.Name, op.Do != nil, op.Dump != nil)
			continue
		}
		if op.Do != nil && !slices.Equal(op.Do.Request.Attributes, want.do.names()) {
			t.Errorf("%s takes %v, want %v", op.Name, op.Do.Request.Attributes, want.do.names())
		}
		if op.Dump != nil && !slices.Equal(op.Dump.Request.Attributes, want.dump.names()) {
			t.Errorf("%s dumped takes %v, want %v", op.Name, op.Dump.Request.Attributes, want.dump.names())
		}
		answered := op.Do != nil && op.Do.Reply.Attributes != nil || op.Do == nil && op.Dump.Reply.Attributes != nil
		if answered != op.Value.Lists() {
			t.Errorf("%s is answered: %v, want %v", op.Name, answered, op.Value.Lists())
		}
	}
}

// names are the attributes that a form takes at the message's top.
func (f *form) names() []string {
	var names []string
	for typ, a := range commandSet.attrs {
		if typ > 0 && (uint(typ) == f.nest || f.extra&(1<<typ) != 0) {
			names = append(names, a.name)
		}
	}
	return names
}
