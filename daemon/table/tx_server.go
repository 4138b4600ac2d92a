package table

import "net/netip"

// AddServer adds a real server to a service, as the newest. ErrNoService,
// ErrExists, ErrInvalid.
func (tx *Tx) AddServer(service string, spec ServerSpec) error {
	if err := checkWeight(spec.Weight); err != nil {
		return err
	}
	d, err := tx.open(service)
	if err != nil {
		return err
	}
	addr, err := d.address(spec.Addr)
	if err != nil {
		return err
	}
	if d.serverAt[addr] != nil {
		return Refuse(ErrExists, "server %v of service %q", addr, service)
	}
	d.appendServer(&draftServer{
		Server:  d.newServer(addr, spec.Weight),
		changed: true,
		added:   true,
	})
	d.newServers = true
	return nil
}

// SetServer gives a server another weight. ErrNoService, ErrNoServer,
// ErrInvalid.
func (tx *Tx) SetServer(service string, spec ServerSpec) error {
	if err := checkWeight(spec.Weight); err != nil {
		return err
	}
	d, err := tx.open(service)
	if err != nil {
		return err
	}
	s, err := d.server(spec.Addr)
	if err != nil {
		return err
	}
	if s.Weight != spec.Weight {
		s.Server = &Server{Addr: s.Addr, Weight: spec.Weight, Live: s.Live}
		s.changed = true
		d.newServers = true
	}
	return nil
}

// DelServer takes a server out of a service. ErrNoService, ErrNoServer,
// ErrInvalid; ErrBusy while a rule uses it.
func (tx *Tx) DelServer(service string, addr netip.AddrPort) error {
	d, err := tx.open(service)
	if err != nil {
		return err
	}
	s, err := d.server(addr)
	if err != nil {
		return err
	}
	if rule := d.openRules().using(s); rule != nil {
		return Refuse(ErrBusy, "server %v is used by rule %s", s.Addr, describe(rule.pattern))
	}
	s.gone = true
	delete(d.serverAt, s.Addr)
	d.newServers = true
	return nil
}

// server finds the server that an operator means by addr.
func (d *draft) server(addr netip.AddrPort) (*draftServer, error) {
	addr, err := d.address(addr)
	if err != nil {
		return nil, err
	}
	s := d.serverAt[addr]
	if s == nil {
		return nil, Refuse(ErrNoServer, "service %q has no server %v", d.next.Name, addr)
	}
	return s, nil
}

// address completes a server's address with the service's port, and gives
// IPv4 its one form, so that equal addresses compare equal.
func (d *draft) address(addr netip.AddrPort) (netip.AddrPort, error) {
	switch {
	case !addr.Addr().IsValid():
		return addr, Refuse(ErrInvalid, "service %q: a server needs an address", d.next.Name)
	case addr.Addr().Zone() != "":
		return addr, Refuse(ErrInvalid, "service %q: server address %v has a zone, expected none", d.next.Name, addr)
	}
	return merge(addr, d.next.Listen), nil
}
