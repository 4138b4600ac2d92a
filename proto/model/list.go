package model

import (
	"ktcpvs/proto"

	"golang.org/x/sys/unix"
)

// List gathers what a GET of the table asks for.
func (m *Model) List(r *proto.Request) ([]proto.Reply, *proto.Error) {
	name := r.Service.Name + r.Dest.Service + r.Rule.Service
	if name != "" && m.find(name) == nil {
		return nil, noService(name)
	}
	var replies []proto.Reply
	for _, v := range m.Clone().Virtuals {
		if name != "" && v.Service.Name != name {
			continue
		}
		if r.Command == proto.CmdGetService {
			replies = append(replies, proto.Reply{Service: &v.Service})
		}
		if r.Command == proto.CmdGetDest || r.Full {
			for i := range v.Dests {
				if r.Dump || v.Dests[i].Addr == server(&v, r.Dest.Addr) {
					replies = append(replies, proto.Reply{Dest: &v.Dests[i]})
				}
			}
		}
		if r.Command == proto.CmdGetRule || r.Full {
			for i := range v.Rules {
				if r.Dump || i == findRule(&v, r.Rule.Conditions) {
					replies = append(replies, proto.Reply{Rule: &v.Rules[i]})
				}
			}
		}
	}
	if !r.Dump && len(replies) == 0 {
		return nil, proto.Errorf(unix.ENOENT, "nothing of service %q", name)
	}
	return replies, nil
}
