package configfile

import (
	"context"
	"net"
)

// dial asks a name server by TCP where that by UDP is not possible: a daemon that
// has given up its privileges makes no other sockets.
func dial(ctx context.Context, network, address string) (net.Conn, error) {
	var d net.Dialer
	conn, err := d.DialContext(ctx, network, address)
	if err != nil && ctx.Err() == nil {
		conn, err = d.DialContext(ctx, "tcp", address)
	}
	return conn, err
}
