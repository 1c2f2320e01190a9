// Package metrics shows the figures of schedulers to Prometheus.
//
//	c := metrics.NewCollector()
//	c.Add("orders", s)
//	prometheus.MustRegister(c)
//
// A [Collector] is a prometheus.Collector over one or several schedulers. A scrape
// comes from a goroutine outside and asks each scheduler by a post, which it answers
// between two steps. One that nobody drives, or that is in a long step, does not
// hold the scrape up: after a moment its last known figures are given, and a gauge
// says how old they are.
//
// The names follow OpenMetrics; each has the label "scheduler". docs/OBSERVING.md
// lists them.
package metrics
