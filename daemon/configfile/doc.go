// Package configfile reads the configuration file that the daemon is started with:
// its text, a digest of it to tell by whether it has changed, and the addresses of
// the names in it. It decides nothing about what the file says.
package configfile
