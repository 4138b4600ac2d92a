package suite

import (
	"fmt"

	"ktcpvs/tests/load/generator"
	"ktcpvs/tests/load/proxy"
)

// servers is how many servers stand behind the proxies. Rule i leads to server
// i mod servers, and every response names its server, so that a proxy that
// confuses neighbouring rules is found out.
const servers = 4

// shape is one kind of rule: an expression and a path that it alone takes, both
// with the rule's number in it.
type shape struct{ pattern, path string }

// itemShape is the one kind of the plain rules.
var itemShape = []shape{{`/r%05d/item/[0-9]+\.html`, "/r%05d/item/20031.html"}}

// mixedShapes are what route tables of sites are made of: pages, a shop, an
// API with versions and ids, static files by extension, languages.
var mixedShapes = []shape{
	{`^/r%05d/item/[0-9]+\.html$`, "/r%05d/item/20031.html"},
	{`/shop/c%05d/[a-z-]+/[0-9]+`, "/shop/c%05d/garden-tools/55"},
	{`^/api/v[0-9]+/t%05d/(users|orders)/[0-9a-f]+`, "/api/v2/t%05d/orders/9f3c04"},
	{`/static/s%05d/.*\.(css|js|png)$`, "/static/s%05d/theme/main.css"},
	{`^/(en|de|fr)/p%05d(/|$)`, "/de/p%05d/"},
}

// routes makes n rules of the given shapes in turn, and for each a request that
// it takes.
func routes(n int, shapes []shape) ([]proxy.Rule, []generator.Request) {
	rules := make([]proxy.Rule, n)
	requests := make([]generator.Request, n)
	for i := range n {
		s := shapes[i%len(shapes)]
		rules[i] = proxy.Rule{Pattern: fmt.Sprintf(s.pattern, i), Server: i % servers}
		requests[i] = generator.Request{URI: fmt.Sprintf(s.path, i), Server: i % servers}
	}
	return rules, requests
}

// sections are the three rules of the suites that are not about rules: two
// sections of a site by the beginning of the path, and the rest.
func sections() ([]proxy.Rule, []generator.Request) {
	rules := []proxy.Rule{{Pattern: "/images/", Prefix: true, Server: 0}, {Pattern: "/html/", Prefix: true, Server: 1}}
	requests := []generator.Request{{URI: "/images/logo.png", Server: 0}, {URI: "/html/index.html", Server: 1}, {URI: "/", Server: defaultServer}}
	return rules, requests
}

// defaultServer gets what no rule takes.
const defaultServer = 3
