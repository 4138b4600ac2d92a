package table

import "net/netip"

// Services that listen at one address would each get some of its connections by
// chance, so an address has one service. The address that a service gets when none
// is given may be that of several, of which one runs: scripts of 2004 add services
// and give them their ports later, or start one of them. 0.0.0.0 beside an address
// of the machine is no clash: the kernel gives a connection to the closer one.

var unchosen = netip.AddrPortFrom(netip.IPv4Unspecified(), DefaultListenPort)

// CheckListens refuses what the changes up to now have made listen where another
// service does. What did so before stays as it is. It is a *ListenError of
// ErrInUse.
func (tx *Tx) CheckListens() error {
	at := map[netip.AddrPort][]*Service{}
	names := tx.Names()
	for _, name := range names {
		svc := tx.peek(name)
		at[svc.Listen] = append(at[svc.Listen], svc)
	}
	for _, name := range names {
		svc := tx.peek(name)
		was := tx.base.Lookup(name)
		moved := was == nil || was.Live != svc.Live || was.Listen != svc.Listen
		if !moved && (was.Running || !svc.Running) {
			continue
		}
		for _, other := range at[svc.Listen] {
			if other.Name == name || svc.Listen == unchosen && !(svc.Running && other.Running) {
				continue
			}
			return &ListenError{name, Refuse(ErrInUse, "%v is where service %q listens: give one of them another address",
				svc.Listen, other.Name)}
		}
	}
	return nil
}
