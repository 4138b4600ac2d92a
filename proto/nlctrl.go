package proto

import (
	"encoding/binary"
	"slices"

	"golang.org/x/sys/unix"
)

// What nlctrl speaks (linux/genetlink.h).
const (
	CtrlID      = 0x10 // nlmsghdr.type of nlctrl's messages
	ctrlName    = "nlctrl"
	ctrlVersion = 2

	ctrlNewFamily = 1
	ctrlGetFamily = 3

	ctrlAttrFamilyID   = 1
	ctrlAttrFamilyName = 2
	ctrlAttrVersion    = 3
	ctrlAttrHeaderSize = 4
	ctrlAttrMaxAttr    = 5
	ctrlAttrOps        = 6

	ctrlAttrOpID    = 1
	ctrlAttrOpFlags = 2
)

var ctrlSet = &set{"nlctrl", []attribute{
	ctrlAttrFamilyID:   {name: "family-id", kind: kindU16, max: 1<<16 - 1},
	ctrlAttrFamilyName: {name: "family-name", kind: kindString, min: 1, max: 15},
}}

// Family is a generic netlink family as nlctrl describes it. It has neither a
// header of its own nor multicast groups.
type Family struct {
	ID      uint16
	Name    string
	Version uint32
	MaxAttr uint32
	Ops     []Op
}

// Op is an operation of a family.
type Op struct {
	ID    Command
	Flags OpFlags
}

// Families is what the daemon answers for in the role of nlctrl: nlctrl itself
// and KTCPVS.
func Families() []Family {
	own := Family{ID: FamilyID, Name: FamilyName, Version: FamilyVersion, MaxAttr: uint32(len(commandSet.attrs) - 1)}
	for c := range operations {
		own.Ops = append(own.Ops, Op{ID: c, Flags: c.Flags()})
	}
	slices.SortFunc(own.Ops, func(a, b Op) int { return int(a.ID) - int(b.ID) })
	ctrl := Family{ID: CtrlID, Name: ctrlName, Version: ctrlVersion, MaxAttr: ctrlAttrOps,
		Ops: []Op{{ID: ctrlGetFamily, Flags: OpDo | OpDump}}}
	return []Family{ctrl, own}
}

// DecodeGetFamily reads a whole CTRL_CMD_GETFAMILY with its netlink header:
// the families that it asks for. With dump that is all of them. Errors are
// *Error: EOPNOTSUPP for another command of nlctrl, ENOENT for a family that
// is not here, EINVAL for what can not be read.
func DecodeGetFamily(message []byte, dump bool) ([]Family, error) {
	payload := message[headerLen:]
	d := &decoder{}
	if len(payload) < genlHeaderLen {
		return nil, d.fail(headerLen, "message has %d bytes after its header, expected %d of generic netlink", len(payload), genlHeaderLen)
	}
	if payload[0] != ctrlGetFamily {
		return nil, Errorf(unix.EOPNOTSUPP, "command %d of nlctrl is not known, expected %d", payload[0], ctrlGetFamily)
	}
	families := Families()
	if dump {
		return families, nil
	}
	var name string
	var id int64
	both := bits(ctrlAttrFamilyID, ctrlAttrFamilyName)
	err := d.walk(ctrlSet, 0, both, attributesOf(message), func(typ uint, v value) error {
		switch typ {
		case ctrlAttrFamilyID:
			id = v.number(kindU16)
		case ctrlAttrFamilyName:
			name = v.string()
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	if name == "" && id == 0 {
		return nil, d.fail(headerLen, "attribute family-id or family-name of nlctrl is missing")
	}
	families = slices.DeleteFunc(families, func(f Family) bool {
		return name != "" && f.Name != name || id != 0 && int64(f.ID) != id
	})
	if len(families) == 0 {
		return nil, Errorf(unix.ENOENT, "family %q with id %d is not here, expected %q", name, id, FamilyName)
	}
	return families, nil
}

// AppendFamily appends the payload of an answer about a family.
func AppendFamily(dst []byte, f *Family) []byte {
	e := &encoder{dst: append(dst, ctrlNewFamily, ctrlVersion, 0, 0)}
	e.string(ctrlSet, ctrlAttrFamilyName, f.Name)
	e.number(ctrlSet, ctrlAttrFamilyID, int64(f.ID))
	e.word(ctrlAttrVersion, f.Version)
	e.word(ctrlAttrHeaderSize, 0)
	e.word(ctrlAttrMaxAttr, f.MaxAttr)
	e.nest(ctrlAttrOps, func() {
		for i, op := range f.Ops {
			e.nest(uint(i+1), func() {
				e.word(ctrlAttrOpID, uint32(op.ID))
				e.word(ctrlAttrOpFlags, uint32(op.Flags))
			})
		}
	})
	return e.dst
}

// word appends a u32 that has no policy.
func (e *encoder) word(typ uint, v uint32) {
	e.header(typ, 4)
	e.dst = binary.NativeEndian.AppendUint32(e.dst, v)
}
