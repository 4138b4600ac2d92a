package proto

// The family, as generic netlink names it.
const (
	FamilyName    = "KTCPVS"
	FamilyVersion = 1

	// FamilyID is nlmsghdr.type of the family's messages. The daemon is its
	// own nlctrl, so the number is its to choose; clients ask for it all the
	// same, as generic netlink has them do.
	FamilyID = 0x20
)

// Version of the project, which tcpvsadm's listing begins with.
const Version = "1.0.0"

// DefaultPort is the netlink port id that the daemon binds, "KTVS" in ASCII.
// KTCPVS_NLPORT overrides it on both ends.
const DefaultPort uint32 = 0x4b545653

// PortEnv names the environment variable that overrides DefaultPort.
const PortEnv = "KTCPVS_NLPORT"

// UserEnv names the environment variable that says whose process the daemon is.
const UserEnv = "KTCPVS_DAEMON_UID"

// Message types and flags of the netlink header (linux/netlink.h).
const (
	typeNoop  = 0x1
	TypeError = 0x2
	TypeDone  = 0x3
	TypeMin   = 0x10 // first type that is a family's

	FlagRequest      = 0x1
	FlagMulti        = 0x2
	FlagAck          = 0x4
	FlagEcho         = 0x8
	FlagDumpFiltered = 0x20
	FlagDump         = 0x300 // both bits

	flagCapped  = 0x100
	flagAckTLVs = 0x200
)

// OpFlags say what an operation can do and what it demands, in
// CTRL_ATTR_OP_FLAGS (linux/genetlink.h).
type OpFlags uint32

// The flags. Every operation of the family demands CAP_NET_ADMIN over the
// network namespace, which the kernel checks when the request is sent.
const (
	OpDo           OpFlags = 0x02
	OpDump         OpFlags = 0x04
	OpUnsAdminPerm OpFlags = 0x10
)
