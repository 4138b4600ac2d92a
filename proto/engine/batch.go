package engine

import (
	"iter"
	"time"

	"ktcpvs/proto"

	"golang.org/x/sys/unix"
)

// batchCheck is how often it is looked whether a batch's sender still lives.
const batchCheck = time.Second

// batch is what one client has staged since BATCH_BEGIN: the messages as they
// came, each read once already, so that a batch takes no more memory than its
// bytes.
type batch struct {
	bytes []byte
	ends  []int
	count int // messages after BATCH_BEGIN, staged or refused

	// The first refusal, after which nothing is staged any more, and the
	// message that it is about.
	failed  *proto.Error
	culprit []byte

	last    time.Time // when its last message came
	checked time.Time // when it was last looked whether its sender lives
}

func (b *batch) changes() int { return len(b.ends) }

// message gives a staged change's message, counted from 1.
func (b *batch) message(index int) []byte {
	start := 0
	if index > 1 {
		start = b.ends[index-2]
	}
	return b.bytes[start:b.ends[index-1]]
}

// all decodes the changes one by one.
func (b *batch) all() iter.Seq2[int, proto.Change] {
	return func(yield func(int, proto.Change) bool) {
		for i := range b.ends {
			r, err := proto.DecodeRequest(b.message(i+1), false)
			if err != nil {
				panic("engine: a staged message can not be read again: " + err.Error())
			}
			if !yield(i+1, r.Change()) {
				return
			}
		}
	}
}

func (e *Engine) closeBatch(p *peer) {
	if p.batch != nil {
		e.staged -= len(p.batch.bytes)
		p.batch = nil
	}
}

// begin opens a batch. One that is open already was abandoned by its sender.
func (e *Engine) begin(p *peer, now time.Time) error {
	e.closeBatch(p)
	if err := e.keep(p, now); err != nil {
		return err
	}
	p.batch = &batch{last: now, checked: now}
	return nil
}

// stage takes the next message of a batch, given what reading it said. The
// first refusal fails the batch; later messages are refused with ECANCELED.
func (e *Engine) stage(p *peer, r *proto.Request, refused error, message []byte, now time.Time) error {
	b := p.batch
	b.last, b.checked, p.moved = now, now, now
	b.count++
	if b.failed != nil {
		return proto.Errorf(unix.ECANCELED, "the batch has failed at change %d", b.failed.Index)
	}
	switch {
	case refused != nil:
	case !r.Command.InBatch():
		refused = proto.Errorf(unix.EOPNOTSUPP, "%v can not be part of a batch", r.Command)
	case r.Command == proto.CmdReplace && b.count != 1:
		refused = proto.Errorf(unix.EINVAL, "%v is change %d of a batch, expected it to be the first", r.Command, b.count)
	case b.count > e.limits.BatchChanges:
		refused = proto.Errorf(unix.E2BIG, "batch has more than %d changes", e.limits.BatchChanges)
	case len(b.bytes)+len(message) > e.limits.BatchBytes:
		refused = proto.Errorf(unix.E2BIG, "batch has more than %d bytes", e.limits.BatchBytes)
	case e.staged+len(message) > e.limits.TotalBytes:
		refused = proto.Errorf(unix.ENOBUFS, "batches under way have more than %d bytes", e.limits.TotalBytes)
	}
	if refused != nil {
		b.failed = proto.AsError(refused)
		b.failed.Index = b.count
		b.culprit = append([]byte(nil), message...)
		e.staged -= len(b.bytes)
		b.bytes, b.ends = nil, nil
		return b.failed
	}
	b.bytes = append(b.bytes, message...)
	b.ends = append(b.ends, len(b.bytes))
	e.staged += len(message)
	return nil
}

// commit closes the batch and makes its changes. With the error comes the
// message that is to blame.
func (e *Engine) commit(p *peer, message []byte) (culprit []byte, err error) {
	b := p.batch
	if b == nil {
		return message, proto.Errorf(unix.EINVAL, "no batch is open: none was begun, or it was dropped after %v without a message", e.limits.BatchIdle)
	}
	e.closeBatch(p)
	if b.failed != nil {
		return b.culprit, b.failed
	}
	err = e.handler.Commit(p.who, b.all())
	if err == nil {
		return nil, nil
	}
	refused := proto.AsError(err)
	if 0 < refused.Index && refused.Index <= b.changes() {
		message = b.message(refused.Index)
	}
	return message, refused
}

// expireBatch drops a batch whose sender is gone or silent.
func (e *Engine) expireBatch(p *peer, now time.Time) {
	switch silent := now.Sub(p.batch.last); {
	case silent > e.limits.BatchIdle:
		e.drop(p, "no message for "+e.limits.BatchIdle.String())
	case now.Sub(p.batch.checked) < batchCheck:
	case !e.sender.Alive(p.who):
		e.drop(p, "its sender is gone")
	default:
		p.batch.checked = now
	}
}
