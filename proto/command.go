package proto

import "fmt"

// Command is an operation of the family, in genlmsghdr.cmd.
type Command uint8

// The operations, shaped like those of IPVS's family (linux/ip_vs.h). The
// numbers are the wire: never reuse one. An answer carries the command of its
// request.
const (
	CmdUnspec Command = iota
	CmdNewService
	CmdSetService
	CmdDelService
	CmdGetService
	CmdNewDest
	CmdSetDest
	CmdDelDest
	CmdGetDest
	CmdNewRule
	CmdDelRule
	CmdGetRule
	CmdFlush
	CmdStart
	CmdStop
	CmdGetInfo
	CmdZero
	CmdNewModule
	CmdDelModule
	CmdGetModule
	CmdBatchBegin
	CmdBatchCommit
	CmdSetKnob
	CmdReplace
	CmdMoveRule
	CmdGetHistory
)

var commandNames = [...]string{
	CmdUnspec:      "unspec",
	CmdNewService:  "new-service",
	CmdSetService:  "set-service",
	CmdDelService:  "del-service",
	CmdGetService:  "get-service",
	CmdNewDest:     "new-dest",
	CmdSetDest:     "set-dest",
	CmdDelDest:     "del-dest",
	CmdGetDest:     "get-dest",
	CmdNewRule:     "new-rule",
	CmdDelRule:     "del-rule",
	CmdGetRule:     "get-rule",
	CmdFlush:       "flush",
	CmdStart:       "start",
	CmdStop:        "stop",
	CmdGetInfo:     "get-info",
	CmdZero:        "zero",
	CmdNewModule:   "new-module",
	CmdDelModule:   "del-module",
	CmdGetModule:   "get-module",
	CmdBatchBegin:  "batch-begin",
	CmdBatchCommit: "batch-commit",
	CmdSetKnob:     "set-knob",
	CmdReplace:     "replace",
	CmdMoveRule:    "move-rule",
	CmdGetHistory:  "get-history",
}

// String is the operation's name in ktcpvs.yaml.
func (c Command) String() string {
	if int(c) < len(commandNames) {
		return commandNames[c]
	}
	return fmt.Sprintf("command %d", uint8(c))
}

// InBatch tells whether a batch may hold the command: whatever changes something
// may. CmdReplace may only be its first.
func (c Command) InBatch() bool {
	switch c {
	case CmdNewService, CmdSetService, CmdDelService,
		CmdNewDest, CmdSetDest, CmdDelDest,
		CmdNewRule, CmdDelRule, CmdMoveRule, CmdFlush, CmdReplace,
		CmdStart, CmdStop, CmdZero,
		CmdNewModule, CmdDelModule, CmdSetKnob:
		return true
	}
	return false
}

// Lists tells whether the command is answered with values.
func (c Command) Lists() bool {
	switch c {
	case CmdGetService, CmdGetDest, CmdGetRule, CmdGetInfo, CmdGetModule, CmdGetHistory:
		return true
	}
	return false
}
