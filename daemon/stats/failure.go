package stats

// Failure is how a server did not do what it was asked for.
type Failure uint8

// The failures, each with its counter of a Cell.
const (
	Unconnected Failure = iota // it took no connection
	Reset                      // it ended one before its response was whole
	Timeout                    // it took a connection, and too long for its response
	BadResponse                // it sent what is no response
)

// Fail counts a failure.
func (c *Cell) Fail(f Failure) {
	switch f {
	case Unconnected:
		c.Unconnected.Add(1)
	case Reset:
		c.Resets.Add(1)
	case Timeout:
		c.Timeouts.Add(1)
	case BadResponse:
		c.BadResponses.Add(1)
	}
}
