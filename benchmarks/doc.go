// Package benchmarks has what we claim about speed and size, as benchmarks that
// print it: each beside the same thing done with goroutines, in the same run.
//
//	make bench
//
// Goroutines run on one P, as a scheduler's tasklets do. Figures are for one
// operation, as the sub-benchmark's name says; memory is in the metric
// B/unit.
package benchmarks
