package main

import (
	"bytes"
	"fmt"
	"path/filepath"
	"strings"
	"text/tabwriter"

	"ktcpvs/daemon/loop"
	"ktcpvs/daemon/stats"
	"ktcpvs/daemon/table"
	"ktcpvs/fuse/sysctlfs"
)

// report is a read-only file, made anew for each reader.
type report struct {
	name string
	make func(out *tabwriter.Writer)
}

func (r report) Name() string { return r.name }

// Read implements sysctlfs.File.
func (r report) Read() ([]byte, error) {
	var buf bytes.Buffer
	out := tabwriter.NewWriter(&buf, 0, 8, 2, ' ', 0)
	r.make(out)
	out.Flush()
	return buf.Bytes(), nil
}

// serveReports mounts what /proc/net/ip_vs* is to IPVS, below the run
// directory: stats, services and connections.
func serveReports(runDir string, store *table.Store, group *loop.Group, o sysctlfs.Options) (*sysctlfs.Mounted, error) {
	const columns = "Conns\tRequests\tInBytes\tOutBytes\tErrors\tLimited\tNoConn\tResets\tTimeouts\tBadResp"
	counters := func(s stats.Sums) string {
		return fmt.Sprintf("%d\t%d\t%d\t%d\t%d\t%d\t%d\t%d\t%d\t%d", s.Conns, s.Requests, s.InBytes, s.OutBytes, s.Errors,
			s.Limited, s.Unconnected, s.Resets, s.Timeouts, s.BadResponses)
	}
	files := []sysctlfs.File{
		report{"stats", func(out *tabwriter.Writer) {
			fmt.Fprint(out, "Service\t", columns, "\n")
			var total stats.Sums
			for _, svc := range store.Snapshot().Services {
				s := svc.Live.Stats.Sum()
				fmt.Fprint(out, svc.Name, "\t", counters(s), "\n")
				total = total.Plus(s)
			}
			fmt.Fprint(out, "total\t", counters(total), "\n")
		}},
		report{"services", func(out *tabwriter.Writer) {
			fmt.Fprint(out, "Service\tScheduler\tListen\tState\tActive\t", columns, "\n")
			fmt.Fprint(out, "->\tServer\tWeight\tState\tActive\t", columns, "\n")
			for _, svc := range store.Snapshot().Services {
				state := "STOPPED"
				if svc.Running {
					state = "RUNNING"
				}
				fmt.Fprintf(out, "%s\t%s\t%s\t%s\t%d\t%s\n", svc.Name, svc.Scheduler.Name, addresses(svc), state,
					svc.Live.Conns.Load(), counters(svc.Live.Stats.Sum()))
				for _, server := range svc.Servers {
					state := "UP"
					if server.Live.Down() != "" {
						state = "DOWN"
					}
					fmt.Fprintf(out, "->\t%v\t%d\t%s\t%d\t%s\n", server.Addr, server.Weight, state,
						server.Live.Conns.Load(), counters(server.Live.Stats.Sum()))
				}
			}
		}},
		report{"connections", func(out *tabwriter.Writer) {
			fmt.Fprint(out, "Service\tClient\tServer\tState\tLoop\n")
			for _, c := range group.Connections() {
				server := "-"
				if c.Server.IsValid() {
					server = c.Server.String()
				}
				fmt.Fprintf(out, "%s\t%v\t%s\t%s\t%d\n", c.Service, c.Client, server, c.State, c.Loop)
			}
		}},
	}
	return sysctlfs.Mount(filepath.Join(runDir, "proc/net/ktcpvs"), sysctlfs.Reports(files), o)
}

// addresses are those of a service in one word.
func addresses(svc *table.Service) string {
	var words []string
	for addr := range svc.Listens() {
		words = append(words, addr.String())
	}
	return strings.Join(words, ",")
}
