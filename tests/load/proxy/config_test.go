package proxy

import (
	"net/netip"
	"strings"
	"testing"
)

var (
	listen = netip.MustParseAddrPort("127.0.0.1:20001")
	setup  = Setup{
		Servers: []netip.AddrPort{netip.MustParseAddrPort("127.0.0.1:40000"), netip.MustParseAddrPort("127.0.0.1:40001")},
		Rules:   []Rule{{Pattern: "/images/", Prefix: true, Server: 1}, {Pattern: `^/item/[0-9]+\.html$`, Server: 0}},
		Default: 1,
	}
)

// inOrder checks that each piece stands in text behind the one before.
func inOrder(t *testing.T, text string, pieces ...string) {
	t.Helper()
	rest := text
	for _, piece := range pieces {
		_, after, found := strings.Cut(rest, piece)
		if !found {
			t.Fatalf("%q is missing, or not in its place, in:\n%s", piece, text)
		}
		rest = after
	}
}

func TestHaproxyTriesTheRulesInOrder(t *testing.T) {
	inOrder(t, string(Haproxy{}.config(listen, setup)),
		"nbthread 1\n", "http-reuse always\n", "bind 127.0.0.1:20001 ",
		"use_backend s1 if { path_beg '/images/' }\n",
		`use_backend s0 if { path_reg '^/item/[0-9]+\.html$' }`+"\n",
		"default_backend s1\n", "backend s0\n    server s0 127.0.0.1:40000\n", "server s1 127.0.0.1:40001\n")
}

func TestNginxTriesTheRulesInOrder(t *testing.T) {
	inOrder(t, string(Nginx{}.config("/d", listen, setup)),
		"worker_processes 1;", "pcre_jit on;", "access_log off;", "proxy_http_version 1.1;",
		"upstream s0 { server 127.0.0.1:40000; keepalive", "upstream s1 { server 127.0.0.1:40001;", "listen 127.0.0.1:20001 ",
		`location ^~ "/images/" { proxy_pass http://s1; }`,
		`location ~ "^/item/[0-9]+\.html$" { proxy_pass http://s0; }`,
		"location / { proxy_pass http://s1; }")
}

func TestOurLastRuleIsLoadedFirst(t *testing.T) {
	inOrder(t, string(Ktcpvs{}.config(listen, setup)),
		"virtual bench {", "listen = 127.0.0.1:20001\n", "scheduler = phttp\n",
		"server = 127.0.0.1:40000 1\n", "server = 127.0.0.1:40001 1\n",
		`rule = pattern ".*" use server 127.0.0.1:40001`,
		`rule = pattern "^/item/[0-9]+\.html$" use server 127.0.0.1:40000`,
		`rule = pattern "^/images/" use server 127.0.0.1:40001`, "}")
}

func TestBulkGivesEachPeerItsMeans(t *testing.T) {
	bulk := setup
	bulk.Bulk = true
	for name, text := range map[string][2][]byte{
		"option splice-auto":         {Haproxy{}.config(listen, setup), Haproxy{}.config(listen, bulk)},
		"proxy_max_temp_file_size 0": {Nginx{}.config("/d", listen, setup), Nginx{}.config("/d", listen, bulk)},
	} {
		if strings.Contains(string(text[0]), name) || !strings.Contains(string(text[1]), name) {
			t.Errorf("%q must stand in the bulk configuration only", name)
		}
	}
}

func TestAMissingProgramIsNamed(t *testing.T) {
	for _, p := range []Program{Haproxy{"/none/haproxy"}, Nginx{"/none/nginx"}, Ktcpvs{Daemon: "/none/ktcpvsd", Admin: "/none/tcpvsadm"}} {
		err := p.Missing()
		if err == nil || !strings.Contains(err.Error(), "/none/") || !strings.Contains(err.Error(), "install") {
			t.Errorf("%s: error %v, expected one that names the path and the remedy", p.Name(), err)
		}
	}
}
