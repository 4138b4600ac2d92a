// Package drift tells what a configuration would change about a daemon: it works
// out what the daemon would report afterwards, and names each difference in a
// line with what was before and what would be after. Pure.
package drift
