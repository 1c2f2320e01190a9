// Package sched runs tasklets: a [Scheduler] gives each its turn, in the order
// of a ring.
//
//	s := sched.New()
//	s.Go(&walker{steps: 10})
//	err := s.Run()
//
// The goroutine that drives a scheduler is its main tasklet. Main is in the
// ring like any other, and takes part by its [tasklet.Coroutine]: while it
// waits, whether in [Scheduler.Run] or for a channel, the others run.
//
// What happens is a function of the program alone. There is one ring and no
// priority; a tasklet runs until it waits or gives way, and everything that
// becomes ready goes to the ring's end unless an operation says otherwise.
//
// When nothing is ready, the scheduler waits for the next timer on its [Clock],
// or for goroutines outside that are known to come; it does not spin. When
// there are none, Run returns: tasklets that are still blocked stay so. Only if
// main itself is blocked is it a deadlock, and the [DeadlockError] lists who
// waits for what.
//
// Who computes for long says by tasklet.Tasklet.Tick where it may be interrupted;
// [Scheduler.RunBudget] gives each a number of steps, and any tasklet can watch
// over the others likewise, by tasklet.Tasklet.Watch. [WithStepLimit] tells of a step
// that runs too long in real time.
//
// A Scheduler and its tasklets belong to the goroutine that drives it. Other
// goroutines may call [Scheduler.Do], [Scheduler.Join], [Scheduler.Sleep],
// [Scheduler.Hold] and [Scheduler.Post], and the context forms of a channel.
//
// A [Pool] is several schedulers on goroutines of their own, which use all cores: their
// tasklets use each other's channels, and an idle scheduler takes over those that roam.
//
// What blocks runs outside: a tasklet awaits a function (tasklet.Await), which a
// bounded pool of goroutines runs while the others go on. Here the order can end
// to be a function of the program alone; [WithWorkInOrder] keeps it.
package sched
