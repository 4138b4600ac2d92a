package nlport_test

import (
	"errors"
	"os"
	"testing"

	"ktcpvs/proto"
	"ktcpvs/proto/nlport"
	"ktcpvs/proto/prototest"
	"ktcpvs/tests/require"

	"github.com/mdlayher/genetlink"
	"github.com/mdlayher/netlink"
	"golang.org/x/sys/unix"
)

// stock is generic netlink as any Go program speaks it, over our socket.
func stock(t *testing.T, port uint32) *genetlink.Conn {
	t.Helper()
	conn, err := nlport.Dial(port)
	if err != nil {
		t.Fatal(err)
	}
	c := genetlink.NewConn(netlink.NewConn(conn, conn.ID()))
	t.Cleanup(func() { c.Close() })
	return c
}

func TestStockGenericNetlinkResolvesTheFamily(t *testing.T) {
	require.That(t, "a user and network namespace of its own", prototest.NoNamespace())
	c := stock(t, prototest.New().Listen(t))
	family, err := c.GetFamily(proto.FamilyName)
	if err != nil || family.Name != proto.FamilyName || family.ID != proto.FamilyID || family.Version != proto.FamilyVersion || len(family.Groups) != 0 {
		t.Errorf("got %+v, %v", family, err)
	}
	if _, err := c.GetFamily("nl80211"); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("another family: %v", err)
	}
	families, err := c.ListFamilies()
	if err != nil || len(families) != 2 || families[0].Name != "nlctrl" || families[1].Name != proto.FamilyName {
		t.Errorf("all: %+v, %v", families, err)
	}
}

func TestStockGenericNetlinkChangesAndLists(t *testing.T) {
	require.That(t, "a user and network namespace of its own", prototest.NoNamespace())
	d := prototest.New()
	c := stock(t, d.Listen(t))
	family, err := c.GetFamily(proto.FamilyName)
	if err != nil {
		t.Fatal(err)
	}
	execute := func(cmd proto.Command, flags netlink.HeaderFlags, fill func(*netlink.AttributeEncoder)) ([]genetlink.Message, error) {
		e := netlink.NewAttributeEncoder()
		fill(e)
		b, err := e.Encode()
		if err != nil {
			t.Fatal(err)
		}
		m := genetlink.Message{Header: genetlink.Header{Command: uint8(cmd), Version: family.Version}, Data: b}
		return c.Execute(m, family.ID, netlink.Request|flags)
	}
	name := func(e *netlink.AttributeEncoder) {
		e.Nested(proto.AttrService, func(e *netlink.AttributeEncoder) error {
			e.String(proto.ServiceAttrName, "web")
			return nil
		})
	}
	if _, err := execute(proto.CmdNewService, netlink.Acknowledge, name); err != nil {
		t.Fatal(err)
	}
	var refused *netlink.OpError
	_, err = execute(proto.CmdNewService, netlink.Acknowledge, name)
	if !errors.Is(err, unix.EEXIST) || !errors.As(err, &refused) || refused.Message != `service "web"` {
		t.Errorf("again: %#v", err)
	}
	_, err = execute(proto.CmdNewService, netlink.Acknowledge, func(e *netlink.AttributeEncoder) {
		name(e)
		e.Uint8(99, 1)
	})
	if !errors.Is(err, unix.EINVAL) || !errors.As(err, &refused) || refused.Message != "attribute 99 of command is not known" || refused.Offset != 32 {
		t.Errorf("an unknown attribute: %#v", err)
	}
	if _, err := execute(proto.CmdDelService, netlink.Acknowledge, func(e *netlink.AttributeEncoder) {
		e.Nested(proto.AttrService, func(e *netlink.AttributeEncoder) error {
			e.String(proto.ServiceAttrName, "no")
			return nil
		})
	}); !errors.Is(err, unix.ESRCH) {
		t.Errorf("no such service: %v", err)
	}

	messages, err := execute(proto.CmdGetService, netlink.Dump, func(*netlink.AttributeEncoder) {})
	if err != nil || len(messages) != 1 {
		t.Fatalf("%d messages, %v", len(messages), err)
	}
	ad, err := netlink.NewAttributeDecoder(messages[0].Data)
	if err != nil {
		t.Fatal(err)
	}
	var got string
	for ad.Next() {
		if ad.Type() == proto.AttrService {
			ad.Nested(func(ad *netlink.AttributeDecoder) error {
				for ad.Next() {
					if ad.Type() == proto.ServiceAttrName {
						got = ad.String()
					}
				}
				return nil
			})
		}
	}
	if ad.Err() != nil || got != "web" || len(d.Table()) != 1 {
		t.Errorf("listed %q, %v", got, ad.Err())
	}
}
