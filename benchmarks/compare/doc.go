// Compare is the benchmark suite: it runs the same workloads in one run on our
// tasklets, goroutines and, where they are installed, other languages' tasks, each
// in a process of its own, and writes down what it found.
//
//	make compare
//
// Its nouns: a [workload] is what is done, a [system] is who does it. A [cell] is one
// workload at one size on one system, and a process of its own. A [plan] is the cells
// of a run, round by round: in a round the systems of a workload follow each other
// closely, so that a machine that is slower for a minute is slower for all of them,
// and ratios are taken within a round. What came out of a cell is a [figure], all
// figures of a run with the machine they are from are a [record], and the page, its
// plots, the goals of goals.go and the comparison with the last run are made of a
// record and of nothing else.
//
// Files that a run writes, all of them or none:
//
//	bin/compare.txt                the lines of all rounds, for benchstat -col /on
//	docs/benchmarks/compare.json   the record; the next run is compared with it
//	docs/benchmarks/*.svg          the plots
//	docs/BENCHMARKS.md             the page, by page.md.tmpl and the texts of notes/
//
// A run of a part of the suite leaves the docs alone and writes to bin/compare.
// Times are never asserted: what got slower is printed, and the exit code is 0.
package main
