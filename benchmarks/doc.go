// Package benchmarks has what we claim about speed and size, as benchmarks that print
// it: each workload beside the same one on goroutines, in the same run.
//
//	make bench
//
// There is a file for each workload, or few that are alike: what it is, then its frames,
// its plain functions and its goroutines. Each checks what has come of it, and fails if
// that is wrong. Names say the size and the system, as benchstat reads them:
//
//	BenchmarkRing/n=1000/on=tasklets
//	BenchmarkPickle/n=1000/do=write/on=gob
//
// On is tasklets (of frames), functions (plain ones, as tasklets), goroutines, or pool
// (tasklets on all cores). What is not said to be for all cores is on one, collector
// included. Figures are for one operation, as each benchmark's comment says, also where
// b.N counts rounds of many. Memory is in metrics of its own, such as B/unit.
//
// A million goroutines leave a process slower than it was, as the collector goes on to
// look at what was theirs: so run few workloads in one process, and compare within it.
package benchmarks
