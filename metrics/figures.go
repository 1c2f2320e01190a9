package metrics

import (
	"github.com/prometheus/client_golang/prometheus"

	"github.com/stackless-go/stackless/sched"
)

// A figure is a number of a scheduler's that Prometheus is shown.
type figure struct {
	desc     *prometheus.Desc
	kind     prometheus.ValueType
	of       func(*sched.Stats) float64
	observed bool // it is counted only while the scheduler is observed
}

func describe(name, help string, labels ...string) *prometheus.Desc {
	return prometheus.NewDesc("stackless_"+name, help, append([]string{"scheduler"}, labels...), nil)
}

func counter(name, help string, of func(*sched.Stats) uint64) figure {
	return figure{desc: describe(name, help), kind: prometheus.CounterValue,
		of: func(s *sched.Stats) float64 { return float64(of(s)) }}
}

func gauge(name, help string, of func(*sched.Stats) int) figure {
	return figure{desc: describe(name, help), kind: prometheus.GaugeValue,
		of: func(s *sched.Stats) float64 { return float64(of(s)) }}
}

// observed makes f a figure that is only there while the scheduler is observed.
func observed(f figure) figure {
	f.observed = true
	return f
}

var (
	tasklets = describe("tasklets", "Tasklets alive, main among them, by where they are.", "status")
	age      = describe("stats_age_seconds", "How long ago the scheduler gave the figures beside this one.")
)

// figures are all of them that have no other label than the scheduler.
var figures = []figure{
	gauge("run_queue_length", "Tasklets in the ring: the one that runs and those that are ready.",
		func(s *sched.Stats) int { return s.Running + s.Ready }),
	gauge("timers", "Timers that are armed, for those who sleep and for deadlines.",
		func(s *sched.Stats) int { return s.Timers }),
	gauge("expected_visitors", "Goroutines outside that are known to come.",
		func(s *sched.Stats) int { return s.Expected }),
	counter("steps_total", "Steps that tasklets have run: from a wait to the next.",
		func(s *sched.Stats) uint64 { return s.Steps }),
	counter("tasklets_born_total", "Tasklets that were given a frame, or loaded.",
		func(s *sched.Stats) uint64 { return s.Born }),
	counter("tasklets_ended_total", "Tasklets that have ended or moved away.",
		func(s *sched.Stats) uint64 { return s.Ended }),
	counter("tasklets_failed_total", "Tasklets that have ended with an error that nothing in them recovered.",
		func(s *sched.Stats) uint64 { return s.Failed }),
	counter("posts_total", "Functions from goroutines outside that were run.",
		func(s *sched.Stats) uint64 { return s.Posts }),
	observed(counter("turns_total", "Turns of another tasklet than before, while the scheduler was observed.",
		func(s *sched.Stats) uint64 { return s.Turns })),
	observed(counter("rendezvous_total", "Operations on channels that met somebody, while the scheduler was observed.",
		func(s *sched.Stats) uint64 { return s.Rendezvous })),
}
