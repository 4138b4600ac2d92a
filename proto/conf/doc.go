// Package conf owns the text form of the table: the grammar of configuration
// files, the listing and the saved configuration. It turns text into proto's
// values and proto's values into text; it never opens a file and never looks a
// name up by itself: a Resolver and Names do that for it.
//
// The grammar, in the terms of the reference's section 3:
//
//	file      = { virtual | knobs | modules }
//	knobs     = "knobs" "{" { NAME "=" NUMBER } "}"
//	modules   = "modules" "{" NAME { NAME } "}"
//	virtual   = "virtual" NAME "{" { statement } "}"
//	statement = "listen" "=" ADDRESS
//	          | "scheduler" "=" NAME
//	          | "startservers" "=" NUMBER
//	          | "maxclients" "=" NUMBER
//	          | "minspareservers" "=" NUMBER
//	          | "maxspareservers" "=" NUMBER
//	          | "redirect" "=" ADDRESS
//	          | "via" "=" ( "on" | "off" | TOKEN )
//	          | ( "allow-loop" | "freebind" | "v6only" ) "=" ( "on" | "off" )
//	          | "state" "=" ( "running" | "stopped" )
//	          | "server" "=" ADDRESS [ WEIGHT ]
//	          | "rule" "=" { condition } [ "match" NUMBER ] "use" "server" ADDRESS
//	condition = "pattern" EXPRESSION | "host" EXPRESSION | "method" TOKEN
//	          | "header" NAME [ EXPRESSION ] | "cookie" NAME [ EXPRESSION ]
//	          | "query" NAME [ EXPRESSION ] | "source" PREFIX
//
// A service may have several of listen, server and rule. The blocks of knobs and modules may stand once each, anywhere between others.
//
// Keywords are taken without regard to case. White space separates tokens; a
// brace is a token by itself, and "=" is one after a keyword. A number sign
// starts a comment to the end of the line. A token in double quotes may hold
// all of these; in it, \" is a quote. A run of backslashes means itself unless
// a quote follows it: then each two are one backslash, and one left over takes
// the quote into the token. An expression after the name of a header, cookie
// or query parameter is left out where an unquoted keyword of a rule follows.
package conf
