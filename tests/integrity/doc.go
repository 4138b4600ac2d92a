// Package integrity holds the gateway to one promise: what a client receives
// is its own, and whole, or visibly not.
//
//	clients --> ktcpvsd --> servers
//	   |           ^           |
//	   |           |           +-- fail as the request's plan says
//	   |           +-- table changes all the time
//	   +-- pipeline, abort, and check every byte
//
// Every request has a token of its own in path, header and body, and the plan
// of what its server is to do; the server puts the token into the head and all
// of the body of its response. So each end knows of each byte whose it is. The
// package owns clients, servers and plans; it never looks into the daemon,
// except to see that in the end nothing is left there.
package integrity
