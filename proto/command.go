package proto

// Command is an operation of the family, in genlmsghdr.cmd.
type Command uint8

// The operations, shaped like those of IPVS's family (linux/ip_vs.h). The
// numbers are the wire: never reuse one.
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
)
