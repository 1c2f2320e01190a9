package main

import (
	"time"

	"github.com/stackless-go/stackless/channel"
	"github.com/stackless-go/stackless/pickle"
	"github.com/stackless-go/stackless/sched"
	"github.com/stackless-go/stackless/tasklet"
)

// How long a sign-up waits: first until it reminds, then until it gives up.
const (
	untilReminder = 24 * time.Hour
	untilEnd      = 6 * 24 * time.Hour
)

// A signUp waits until its user confirms. It reminds once, and gives up in the
// end. It touches nothing but its own fields: what it wants done it leaves there,
// for the service to do in the transaction that its pickle is saved in. So it can
// be run again from its last pickle if that transaction fails.
type signUp struct {
	email   string
	events  *channel.Channel[event]
	event   event // received last
	state   state
	due     time.Time // when it wants to hear that time is up
	letters []letter  // to be sent to the user
}

// An event is what a sign-up can hear of.
type event int

const (
	timeIsUp event = iota
	userConfirms
)

// A state is how far a sign-up is.
type state int

const (
	waiting state = iota
	reminded
	confirmed
	expired
)

var (
	stateNames = [...]string{"waiting", "reminded", "confirmed", "expired"}
	eventNames = [...]string{"time is up", "user confirms"}
)

func (s state) String() string { return stateNames[s] }

// A letter is a kind of mail.
type letter string

const (
	pleaseConfirm letter = "please confirm"
	reminder      letter = "reminder"
	welcome       letter = "welcome"
	goodbye       letter = "goodbye"
)

// In pickles, states and events have names: others may come between them.
func init() {
	pickle.Register[signUp]("onboarding.sign-up")
	pickle.Register[state]("onboarding.state", pickle.States(stateNames[:]...))
	pickle.Register[event]("onboarding.event", pickle.States(eventNames[:]...))
}

// newSignUp makes a sign-up that begins now.
func newSignUp(s *sched.Scheduler, email string) *signUp {
	return &signUp{
		email:   email,
		events:  channel.New[event](s),
		due:     s.Now().Add(untilReminder),
		letters: []letter{pleaseConfirm},
	}
}

// Resume waits for one event after the other. Whoever is late with telling it
// that time is up, such as a program that was down for a week, takes nothing from
// its user: the second wait begins when the reminder is written.
func (f *signUp) Resume(t *tasklet.Tasklet) tasklet.Step {
	for {
		if s := f.events.Receive(t, &f.event); s != tasklet.Next {
			return s
		}
		switch {
		case f.event == userConfirms:
			f.state = confirmed
			f.letters = append(f.letters, welcome)
			return tasklet.Return
		case f.state == waiting:
			f.state = reminded
			f.letters = append(f.letters, reminder)
			f.due = t.Now().Add(untilEnd)
		default:
			f.state = expired
			f.letters = append(f.letters, goodbye)
			return tasklet.Return
		}
	}
}
