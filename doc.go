// Package stackless is the front door of Stackless for Go: tasklets that cost
// under a hundred bytes, switch in nanoseconds and talk over rendezvous
// channels, on a scheduler that the program drives.
//
// There is no code here. The rooms of the house, in the order in which they
// stand on each other:
//
//   - package pickle: graphs of Go values to bytes and back;
//   - package tasklet: frames, tasklets, and what it means for one to wait;
//   - package channel: where tasklets meet;
//   - package wait: what else they wait on: mutexes, semaphores, events, buffers, scopes;
//   - package sched: the ring, the clock and the goroutine that drives them, and pools
//     of such schedulers;
//   - package sched/schedtest: a program's tests, under a thousand orders of events;
//   - package metrics: a scheduler's figures, for Prometheus;
//   - package store: where a program's state rests, by key and version;
//   - command cmd/memcmp: what threads, goroutines and tasklets cost on your
//     machine;
//   - command cmd/stackless: what is in a pickle;
//   - package benchmarks and command benchmarks/compare: how fast and how small it is,
//     beside goroutines and other languages' tasks.
//
// docs/ARCHITECTURE.md shows on one page how it fits together.
package stackless
