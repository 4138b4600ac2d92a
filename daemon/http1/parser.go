package http1

// Parser finds one head after the other in a stream; the zero value is ready. Between calls it remembers how far it has looked.
type Parser struct {
	pos int
}

// Reset forgets a head that was begun. It is not needed after a head or an error was returned.
func (p *Parser) Reset() { *p = Parser{} }
