package conf

import (
	"slices"

	"ktcpvs/proto"
)

// File is a configuration that was read whole and is consistent in itself.
type File struct {
	Virtuals []proto.Virtual // in file order; a rule for each rule line

	// Knobs are those that the file sets, and Modules those that are to be loaded
	// besides those that services use. Nil is a file that says nothing of them.
	Knobs   []proto.KnobValue
	Modules []string

	// Where the keyword of each block stands, and then what it holds; of virtual
	// services, where each change stands.
	knobs, modules, virtuals []Position
}

// Read reads a configuration; name is the file's, for messages. It takes time
// and memory in proportion to src, and asks resolve only for hosts and
// services that are not numbers. The error is the Mistakes, of which each is a
// token out of place, an unknown or repeated keyword, a value
// out of range, a name that does not resolve, a virtual service, server or
// rule that stands twice, or a rule for a server that its block does not
// declare.
func Read(name string, src []byte, resolve Resolver) (*File, error) {
	p := &parser{lex: newLexer(name, string(src)), resolve: resolve}
	return p.file()
}

// Parse is Read for a caller who needs no more than the services.
func Parse(file string, src []byte, resolve Resolver) ([]proto.Virtual, error) {
	f, err := Read(file, src, resolve)
	if err != nil {
		return nil, err
	}
	return f.Virtuals, nil
}

// Changes is the transaction that makes the daemon what the file says: it
// replaces the table, sets the knobs and names the modules, and then adds the
// services, each followed by its servers and then its rules, in file order.
func (f *File) Changes() []proto.Change {
	changes := []proto.Change{{Command: proto.CmdReplace}}
	for _, knob := range f.Knobs {
		changes = append(changes, proto.Change{Command: proto.CmdSetKnob, Knob: knob})
	}
	for _, name := range f.Modules {
		changes = append(changes, proto.Change{Command: proto.CmdNewModule, Module: proto.Module{Name: name}})
	}
	for _, v := range f.Virtuals {
		changes = append(changes, proto.Change{Command: proto.CmdNewService, Service: v.Service})
		for _, dest := range v.Dests {
			changes = append(changes, proto.Change{Command: proto.CmdNewDest, Dest: dest})
		}
		for _, rule := range v.Rules {
			changes = append(changes, proto.Change{Command: proto.CmdNewRule, Rule: rule})
		}
	}
	return changes
}

// Position is where the change of that index in Changes stands in the file; the
// first one, index 0, stands nowhere.
func (f *File) Position(index int) (at Position, ok bool) {
	positions := slices.Concat([]Position{{}}, rest(f.knobs), rest(f.modules), f.virtuals)
	if index < 0 || index >= len(positions) || positions[index] == (Position{}) {
		return Position{}, false
	}
	return positions[index], true
}

// Place is where a rule of a virtual service stands, or with -1 the service, by
// their indices.
func (f *File) Place(virtual, rule int) (at Position, ok bool) {
	index := 0
	for i := range f.Virtuals[:virtual] {
		index += 1 + len(f.Virtuals[i].Dests) + len(f.Virtuals[i].Rules)
	}
	if rule >= 0 {
		index += 1 + len(f.Virtuals[virtual].Dests) + rule
	}
	if index >= len(f.virtuals) {
		return Position{}, false
	}
	return f.virtuals[index], true
}

// rest leaves out the first, which is the block's own.
func rest(positions []Position) []Position { return positions[min(1, len(positions)):] }
