// Package differential compares what three proxies make of the same bytes:
// ours, haproxy and nginx, all in front of the same recording server.
//
//	seed, index --> case: bytes of one client connection
//	                  |
//	    +-------------+-------------+
//	    v             v             v
//	  ktcpvsd      haproxy        nginx        oracle: what the bytes mean
//	    |             |             |             |
//	    +---- recorder: what came --+--- judge ---+--> agreed, explained, or a failure
//
// It owns the corpus (a grammar of valid messages, and mutations of them), the
// oracle, which reads strictly and shares no code with the daemon, and the
// recorder. It never decides what is acceptable: a difference between ours and
// the oracle fails, unless testdata/explained.txt says why it is right.
package differential
