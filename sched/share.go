package sched

import (
	"slices"
	"time"
)

// How schedulers of a pool share out work. One that has nothing to do says that it is
// hungry; one that has sees it when it looks outside, which it does every so many
// steps, and posts half of its backlog, or, if that is empty, of what roams in its ring.
// So nobody reaches into another's ring, and a scheduler that nobody is hungry beside
// pays for one look at one number.
//
// One whose main is blocked is not hungry: when main goes on, nobody might drive what it
// had taken over.

// shareEvery is how long a scheduler of a pool goes on, about, before it looks outside:
// it adapts the number of steps, from 1 to pollEvery, to how long they take.
const shareEvery = 50 * time.Microsecond

// refrain is how often a scheduler in whose ring nobody roams looks outside before it
// looks for one again.
const refrain = 64

// pace adapts after how many steps the scheduler looks outside.
func (s *Scheduler) pace() {
	now := time.Now()
	took := now.Sub(s.looked)
	s.looked = now
	switch {
	case took > 2*shareEvery && s.paceSteps > 1:
		s.paceSteps /= 2
	case took < shareEvery && s.paceSteps < pollEvery:
		s.paceSteps *= 2
	}
}

// share gives half of the tasklets that roam here to a scheduler that is hungry.
func (s *Scheduler) share() {
	p := s.member.pool
	if p.hungry.Load() == 0 || s.RunCount() < 2 {
		return
	}
	if s.refrain > 0 {
		s.refrain--
		return
	}
	to := p.feed()
	if to == nil {
		return
	}
	b := s.home.Handover()
	if b.Len() > 0 {
		b.Leave(&to.home)
		if to.Post(func() { to.home.Arrive(b) }) == nil {
			return
		}
		b.Leave(&s.home)
		s.home.Arrive(b)
	}
	to.inbox.ring() // it waits again, and says so
	s.refrain = refrain
}

// draw gives the backlog its turn: one of those who have not begun does, for each time that
// all of the ring have had theirs. So none waits for ever beside those who never wait.
func (s *Scheduler) draw() {
	if s.steps >= s.drawAt {
		s.home.Draw(false)
		s.drawAt = s.steps + uint64(s.home.Ready().Len())
	}
}

// drawBesideMain lets one of the backlog begin if main, which gives up its turn, would have
// the next one too: then no step would be counted, and no look taken outside.
func (s *Scheduler) drawBesideMain() {
	if ring := s.home.Ready(); s.home.Backlog().Len() > 0 && ring.Len() == 1 && ring.First() == s.main {
		s.home.Front(s.home.Backlog().Last())
	}
}

// wait waits on the clock, as one that has nothing to do until then.
func (s *Scheduler) wait(until time.Time) {
	p := s.member.pool
	if p == nil || !s.main.Paused() {
		s.clock.Wait(until, s.inbox.bell)
		return
	}
	p.mu.Lock()
	p.hunger(s)
	p.mu.Unlock()
	s.clock.Wait(until, s.inbox.bell)
	p.mu.Lock()
	p.sate(s)
	p.mu.Unlock()
}

// hunger says that s has nothing to do. The caller holds the mutex, here and below.
func (p *Pool) hunger(s *Scheduler) {
	p.starving = append(p.starving, s)
	p.hungry.Store(int32(len(p.starving)))
}

// sate says that s has something to do, or is going to have.
func (p *Pool) sate(s *Scheduler) {
	if i := slices.Index(p.starving, s); i >= 0 {
		p.starving = slices.Delete(p.starving, i, i+1)
		p.hungry.Store(int32(len(p.starving)))
	}
}

// feed chooses one of those that are hungry, which then no other feeds until it has
// waited again.
func (p *Pool) feed() (s *Scheduler) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.starving) > 0 {
		s = p.starving[0]
		p.sate(s)
	}
	return s
}
