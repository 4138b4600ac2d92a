package client

import "ktcpvs/proto"

// Table lists every service with its servers and rules, newest first, as the
// table was at one moment.
func (c *Client) Table() ([]proto.Virtual, error) {
	replies, err := c.list(proto.Request{Command: proto.CmdGetService, Full: true})
	if err != nil {
		return nil, err
	}
	return virtuals(replies)
}

// Virtual lists one service with its servers and rules; ESRCH when it is not
// there.
func (c *Client) Virtual(name string) (proto.Virtual, error) {
	replies, err := c.list(proto.Request{Command: proto.CmdGetService, Full: true, Service: proto.Service{Name: name}})
	if err != nil {
		return proto.Virtual{}, err
	}
	vs, err := virtuals(replies)
	if err != nil {
		return proto.Virtual{}, err
	}
	if len(vs) != 1 {
		return proto.Virtual{}, unexpected(proto.CmdGetService)
	}
	return vs[0], nil
}

// Service is what the daemon says of one service alone; ESRCH when it is not there.
func (c *Client) Service(name string) (proto.Service, error) {
	reply, err := c.get(proto.Request{Command: proto.CmdGetService, Service: proto.Service{Name: name}})
	if err == nil && reply.Service == nil {
		err = unexpected(proto.CmdGetService)
	}
	if err != nil {
		return proto.Service{}, err
	}
	return *reply.Service, nil
}

// virtuals gathers a full listing: each service is followed by its servers,
// then its rules. A rule with more servers than a message holds is continued
// in the next one, which has the same conditions.
func virtuals(replies []proto.Reply) ([]proto.Virtual, error) {
	var vs []proto.Virtual
	for _, r := range replies {
		if r.Service != nil {
			vs = append(vs, proto.Virtual{Service: *r.Service})
			continue
		}
		if len(vs) == 0 {
			return nil, unexpected(proto.CmdGetService)
		}
		v := &vs[len(vs)-1]
		switch {
		case r.Dest != nil:
			v.Dests = append(v.Dests, *r.Dest)
		case r.Rule != nil:
			if n := len(v.Rules); n > 0 && v.Rules[n-1].Conditions.Equal(&r.Rule.Conditions) {
				v.Rules[n-1].Dests = append(v.Rules[n-1].Dests, r.Rule.Dests...)
				continue
			}
			v.Rules = append(v.Rules, *r.Rule)
		default:
			return nil, unexpected(proto.CmdGetService)
		}
	}
	return vs, nil
}
