package match

import "bytes"

// column is what some rules of a table ask of one text, in one automaton. There is one
// of the URI and one of the path, so that ^ and $ mean the ends of what is asked for; a
// table has both only if it has rules of both kinds:
//
//	pattern, or nothing of the URI    URI
//	path                              path
//	prefix                            path, if there are rules of it; else URI, which
//	                                  begins alike
//
// Of two the one with the lowest rule comes first: where it finds a rule below all of
// the other, that is not read.
type column struct {
	automaton *automaton
	ofPath    bool
	byHost    bool      // the host and a cut stand before the text
	hits      [][]int32 // by hit: the rules that hold if their fields do, rising
	allRoots  []uint32  // the nodes that any kind of start begins with
	least     int32     // its lowest rule
	next      *column   // nil: there is no other
}

// pathOf is the path that a URI begins with, nil if it has none: "*" and an authority
// have not. It ends before a "?"; a "#" is in no request's URI.
func pathOf(uri []byte) []byte {
	if len(uri) == 0 || uri[0] != '/' {
		return nil
	}
	if end := bytes.IndexByte(uri, '?'); end >= 0 {
		return uri[:end]
	}
	return uri
}
