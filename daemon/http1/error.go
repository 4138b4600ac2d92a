package http1

// Error is why a message is refused. Every value is static: it can be compared and kept, and returning
// one costs nothing.
type Error struct {
	Status int    // what the client gets: 4xx or 5xx for a request, 502 for a response
	Reason string // for the log: what was wrong, without any byte of the message
}

func (e *Error) Error() string { return e.Reason }

// fault is what scanning or understanding came to; it indexes the errors below.
type fault uint8

const (
	ok       fault = iota
	lineEnds       // the empty line that ends a section: not an error
	needMore       // nothing wrong so far: not an error

	notHTTP
	tlsHello
	blankFirst
	methodTooLong
	badTarget
	noVersion
	badVersion
	otherVersion
	badStatusLine
	bareCR
	bareLF
	lineTooLong
	fieldTooLong
	headTooLong
	tooManyFields
	foldedField
	blankBeforeColon
	badFieldName
	badFieldValue

	noHost
	severalHosts
	badHost
	hostMismatch
	badAuthority
	badScheme
	targetForm
	connectPort
	badConnection
	manyOptions
	badLength
	severalLengths
	lengthAndCoding
	badCoding
	chunkedNotLast
	unknownCoding
	codingInHTTP10
	bodyNotAllowed
	badExpect
	badMaxForwards
	bodyIn1xx
	switchToNothing

	badChunkSize
	badChunkExt
	longChunkExt
	badChunkEnd
	longTrailer
	faults
)

var requestErrors = [faults]Error{
	notHTTP:          {400, "not an HTTP request"},
	tlsHello:         {400, "TLS on a port that speaks plain HTTP"},
	blankFirst:       {400, "blank before the request line"},
	methodTooLong:    {501, "method too long"},
	badTarget:        {400, "character not allowed in a request target"},
	noVersion:        {400, "request line without a version (HTTP/0.9)"},
	badVersion:       {400, "malformed HTTP version"},
	otherVersion:     {505, "HTTP version other than 1.x"},
	badStatusLine:    {502, "malformed status line"},
	bareCR:           {400, "CR without LF"},
	bareLF:           {400, "LF without CR"},
	lineTooLong:      {414, "request line too long"},
	fieldTooLong:     {431, "field line too long"},
	headTooLong:      {431, "header section too long"},
	tooManyFields:    {431, "too many field lines"},
	foldedField:      {400, "blank at the start of a field line (folding)"},
	blankBeforeColon: {400, "blank between field name and colon"},
	badFieldName:     {400, "character not allowed in a field name"},
	badFieldValue:    {400, "control character in a field value"},

	noHost:          {400, "HTTP/1.1 request without Host"},
	severalHosts:    {400, "more than one Host"},
	badHost:         {400, "malformed Host"},
	hostMismatch:    {400, "Host differs from the request target's authority"},
	badAuthority:    {400, "malformed authority in the request target"},
	badScheme:       {400, "request target with another scheme than http or https"},
	targetForm:      {400, "request target of a form its method does not take"},
	connectPort:     {400, "CONNECT without a valid port"},
	badConnection:   {400, "malformed Connection"},
	manyOptions:     {400, "too many connection options"},
	badLength:       {400, "malformed Content-Length"},
	severalLengths:  {400, "more than one Content-Length"},
	lengthAndCoding: {400, "Content-Length with Transfer-Encoding"},
	badCoding:       {400, "malformed Transfer-Encoding"},
	chunkedNotLast:  {400, "chunked is not the last transfer coding, or not the only time"},
	unknownCoding:   {501, "transfer coding other than chunked"},
	codingInHTTP10:  {400, "Transfer-Encoding in HTTP/1.0"},
	bodyNotAllowed:  {400, "body with a method that has none"},
	badExpect:       {417, "expectation other than 100-continue"},
	badMaxForwards:  {400, "malformed Max-Forwards"},
	bodyIn1xx:       {502, "1xx response with a body"},
	switchToNothing: {502, "101 response without an Upgrade that may pass"},

	badChunkSize: {400, "malformed chunk size"},
	badChunkExt:  {400, "malformed chunk extension"},
	longChunkExt: {400, "chunk extension too long"},
	badChunkEnd:  {400, "chunk data not followed by CR LF"},
	longTrailer:  {431, "trailer section too long"},
}

// responseErrors are the same faults of a server: whatever it was, the client gets 502.
var responseErrors = func() (e [faults]Error) {
	for i := range e {
		e[i] = Error{502, requestErrors[i].Reason}
	}
	e[lineTooLong].Reason = "status line too long"
	e[blankFirst].Reason = "blank before the status line"
	e[notHTTP].Reason = "not an HTTP response"
	return e
}()
