package conf

import "ktcpvs/proto"

// File is a configuration that was read whole and is consistent in itself.
type File struct {
	Virtuals []proto.Virtual // in file order; a rule for each rule line

	positions []Position // of each change of Changes, in their order
}

// Read reads a configuration; name is the file's, for messages. It takes time
// and memory in proportion to src, and asks resolve only for hosts and
// services that are not numbers. The error is an *Error for the first thing
// that is wrong: a token out of place, an unknown or repeated keyword, a value
// out of range, a name that does not resolve, a virtual service, server or
// rule that stands twice, or a rule for a server that its block does not
// declare.
func Read(name string, src []byte, resolve Resolver) (*File, error) {
	p := &parser{lex: newLexer(name, string(src)), resolve: resolve}
	return p.file()
}

// Parse is Read for a caller who needs no positions.
func Parse(file string, src []byte, resolve Resolver) ([]proto.Virtual, error) {
	f, err := Read(file, src, resolve)
	if err != nil {
		return nil, err
	}
	return f.Virtuals, nil
}

// Changes is the transaction that makes the table what the file says.
func (f *File) Changes() []proto.Change { return Changes(f.Virtuals) }

// Position is where the change of that index in Changes stands in the file;
// the flush, index 0, stands nowhere.
func (f *File) Position(index int) (at Position, ok bool) {
	if index < 0 || index >= len(f.positions) || f.positions[index] == (Position{}) {
		return Position{}, false
	}
	return f.positions[index], true
}

// Changes is the transaction that empties the table and then adds the
// services, each followed by its servers and then its rules, in the order
// given.
func Changes(vs []proto.Virtual) []proto.Change {
	changes := []proto.Change{{Command: proto.CmdFlush}}
	for _, v := range vs {
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
