package tasklet

// Tick is for long computations: it marks a point at which the tasklet may be
// interrupted. It is complete at once, and gives nobody a turn, unless a budget
// of steps counts ([Budget]) and the tasklet has used it up: then the tasklet is
// taken out, and whoever watches is told; inserted again, it goes on. So without
// a budget the order is a function of the program alone, with and without Ticks.
//
//	for ; f.I < len(f.Rows); f.I++ {
//		if s := t.Tick(); s != tasklet.Next {
//			return s
//		}
//		f.Sum += f.Rows[f.I].score()
//	}
//
// A Tick costs a few nanoseconds. In an atomic section, under a switch trap and
// for main it is always complete.
func (t *Tasklet) Tick() Step {
	if t.op == OpNone && t.place.home.left > 0 { // so written, it is just inlined in the frame
		t.place.home.left--
		return Next
	}
	return t.tick()
}

func (t *Tasklet) tick() Step {
	if !t.begin() {
		return t.again(OpTick, nil)
	}
	h := t.Home()
	if !h.due(t) {
		if h.left > 0 { // it has been given this one
			h.left--
		}
		return Next
	}
	t.op = OpTick
	h.interrupt(t)
	return Wait
}

// SetAtomic begins an atomic section of the tasklet, or ends it: while it lasts,
// no budget interrupts the tasklet, but its steps are counted. It still waits and
// gives way where it says so. SetAtomic returns what was set before, for those
// who nest sections:
//
//	before := t.SetAtomic(true)
//	…
//	t.SetAtomic(before)
func (t *Tasklet) SetAtomic(on bool) (before bool) {
	before = t.flags&atomicSection != 0
	t.flags &^= atomicSection
	if on {
		t.flags |= atomicSection
	}
	return before
}

// Atomic reports whether the tasklet is in an atomic section.
func (t *Tasklet) Atomic() bool { return t.flags&atomicSection != 0 }
