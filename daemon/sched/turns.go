package sched

import "ktcpvs/daemon/table"

// turns is smooth weighted round robin among those of a list that are equals at the
// moment: each is given its weight, who has most is picked and pays what all were
// given. Each loop has an account of each server, which nobody else reads or writes,
// in cache lines of its own.
type turns struct {
	accounts []int64 // of all loops, stride apart
	stride   int
}

const accountsInALine = 8

// newTurns makes the accounts; one server alone has no equals and needs none.
func newTurns(servers []*table.Server) turns {
	if len(servers) < 2 {
		return turns{}
	}
	stride := (len(servers) + accountsInALine - 1) / accountsInALine * accountsInALine
	return turns{make([]int64, stride*servers[0].Live.Loops()), stride}
}

// of begins a choice among equals for a loop.
func (t *turns) of(loop int) turn {
	return turn{accounts: t.accounts[loop*t.stride:][:t.stride], next: -1}
}

// turn is one choice among equals.
type turn struct {
	accounts []int64
	next     int
	most     int64
	given    int64
}

// join gives the server at a place its weight. Of those that have the same, the
// first to join is next.
func (t *turn) join(place, weight int) {
	t.given += int64(weight)
	account := t.accounts[place] + int64(weight)
	t.accounts[place] = account
	if t.next < 0 || account > t.most {
		t.next, t.most = place, account
	}
}

// end has the one whose turn it is pay, and returns its place.
func (t *turn) end() int {
	t.accounts[t.next] -= t.given
	return t.next
}
