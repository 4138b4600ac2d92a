package main

import (
	"fmt"
	"strconv"
	"strings"

	"ktcpvs/proto"
	"ktcpvs/proto/conf"
)

// appendStats writes the counters of services, each followed by its real
// servers, as a table. A counter of more than eight digits is cut to
// thousands (K), millions (M), thousand millions (G) or million millions (T),
// unless exact.
func appendStats(dst []byte, version string, table []proto.Virtual, names conf.Names, exact bool) []byte {
	rows := [][]string{
		{"Service Address:Port", "State", "Active", "Conns", "Requests", "InBytes", "OutBytes", "Errors",
			"Limited", "NoConn", "Resets", "Timeouts", "BadResp", "Up"},
		{"  -> RealServer:Port", "Weight"},
	}
	row := func(name, state string, active uint64, stats *proto.Stats, up string) {
		cells := []string{name, state}
		for _, n := range []uint64{active, stats.Conns, stats.Requests, stats.InBytes, stats.OutBytes, stats.Errors,
			stats.Limited, stats.Unconnected, stats.Resets, stats.Timeouts, stats.BadResponses} {
			cells = append(cells, counter(n, exact))
		}
		rows = append(rows, append(cells, up))
	}
	for i := range table {
		v := &table[i]
		state := "stopped"
		if v.Service.Running {
			state = "running"
		}
		name := string(conf.AppendTitle(nil, &v.Service, names))
		row(name, state, v.Service.ActiveConns, &v.Service.Stats, serversUp(v.Dests))
		for j := range v.Dests {
			d := &v.Dests[j]
			name := "  -> " + string(conf.AppendAddress(nil, d.Addr, names))
			up := "up"
			if d.Down != "" {
				up = "down"
			}
			row(name, strconv.FormatUint(uint64(d.Weight), 10), d.ActiveConns, &d.Stats, up)
		}
	}
	dst = fmt.Appendf(dst, "TCP Virtual Server version %s\n", version)
	return appendRows(dst, rows)
}

// serversUp is how many of the real servers are up.
func serversUp(dests []proto.Dest) string {
	up := 0
	for i := range dests {
		if dests[i].Down == "" {
			up++
		}
	}
	return fmt.Sprintf("%d/%d", up, len(dests))
}

// appendRows lines cells up: the first column to the left, the others to the
// right, each at least eight wide so that short listings look alike.
func appendRows(dst []byte, rows [][]string) []byte {
	widths := make([]int, len(rows[0]))
	for _, cells := range rows {
		for i, cell := range cells {
			widths[i] = max(widths[i], len(cell), 8)
		}
	}
	for _, cells := range rows {
		var line strings.Builder
		fmt.Fprintf(&line, "%-*s", widths[0], cells[0])
		for i, cell := range cells[1:] {
			fmt.Fprintf(&line, " %*s", widths[i+1], cell)
		}
		dst = append(dst, line.String()...)
		dst = append(dst, '\n')
	}
	return dst
}

// counter shows a number in at most eight characters, or in full.
func counter(n uint64, exact bool) string {
	const eightDigits = 100_000_000
	unit := ""
	for _, larger := range []string{"K", "M", "G", "T"} {
		if exact || unit == "" && n < eightDigits || n < eightDigits/10 {
			break
		}
		n, unit = n/1000, larger
	}
	return strconv.FormatUint(n, 10) + unit
}
