package sched

import "time"

// How schedulers of a pool share out work. One that has nothing to do says that it is
// hungry; one that has sees it when it looks outside, which it does every so many
// steps, and posts half of what roams in its ring. So nobody reaches into another's
// ring, and a scheduler that nobody is hungry beside pays for one look at one number.

// shareEvery is how long a scheduler of a pool goes on, about, before it looks outside:
// it adapts the number of steps, from 1 to pollEvery, to how long they take.
const shareEvery = 50 * time.Microsecond

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
	to := p.feed(s)
	if to == nil {
		return
	}
	b := s.home.Handover(s.RunCount() / 2)
	if b.Len() > 0 {
		b.Leave(&to.home)
		if to.Post(func() { to.home.Arrive(b) }) == nil {
			return
		}
		b.Leave(&s.home)
		s.home.Arrive(b)
	}
	p.starve(to)
}

// feed chooses one of those that are hungry, which then no other feeds.
func (p *Pool) feed(by *Scheduler) *Scheduler {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, s := range p.idle {
		if s != by && !s.member.fed && s.member.verdict == undecided {
			s.member.fed = true
			p.hungry.Add(-1)
			return s
		}
	}
	return nil
}

// starve says that s, which was to be fed, is hungry still, if it waits.
func (p *Pool) starve(s *Scheduler) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if s.member.waits != busy && s.member.fed {
		s.member.fed = false
		p.hungry.Add(1)
	}
}
