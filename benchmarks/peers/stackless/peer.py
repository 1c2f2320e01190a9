"""The workloads of the comparison in Stackless Python 3: workloads.py.

    stackless-python peer.py bench WORKLOAD N
    stackless-python peer.py units STATE N
"""
import gc
import json
import os
import sys
from time import perf_counter

from pickling import bench_pickle, more
from sleeping import sleep
from stackless import channel, schedule, tasklet
from workloads import UNFAIR, WORKLOADS


def fail(code, text):
    sys.stderr.write("stackless: %s\n" % text)
    sys.exit(code)


def bench(word, n):
    """Lets a workload do more and more rounds until it took long enough."""
    if word in UNFAIR:
        fail(2, UNFAIR[word])
    enough = float(os.environ.get("BENCH_SECONDS", 0.2))
    if word == "pickle":
        return bench_pickle(n, enough)
    if word not in WORKLOADS:
        fail(2, "no workload %r" % word)
    name, workload = WORKLOADS[word]
    workload(n, 1)  # to warm up
    rounds = 1
    while True:
        gc.collect()
        operations, seconds = workload(n, rounds)
        if seconds >= enough:
            break
        rounds = more(rounds, seconds, enough)
    print("Benchmark%s/n=%d/on=stackless\t%d\t%.2f ns/op" % (name, n, operations, seconds / operations * 1e9))


def units(state, n):
    """Makes n tasklets, lets each run once, and waits for the end of input."""
    nap = float(os.environ.get("SLEEP_SECONDS", 3600)) * 1000
    messages = channel()

    def yielding():
        while True:
            schedule()

    def blocked():
        while True:
            messages.receive()

    def sleeping():
        sleep(nap)

    states = {"yield": yielding, "blocked": blocked, "sleeping": sleeping}
    if state not in states:
        fail(2, "no state %r" % state)
    report = {"created": n, "create_ns": None, "switch_ns": None}
    start = perf_counter()
    for _ in range(n):
        tasklet(states[state])()
    # The main tasklet stands in the ring too: when its turn comes again, each of
    # the others has had one.
    schedule()
    if n > 0:
        report["create_ns"] = (perf_counter() - start) / n * 1e9
        if state == "yield":
            rounds = max(10, 100000 // n)
            start = perf_counter()
            for _ in range(rounds):
                schedule()
            report["switch_ns"] = (perf_counter() - start) / (n + 1) / rounds * 1e9
    gc.collect()
    print("ready", json.dumps(report), flush=True)
    # Nothing runs while the main tasklet waits here: they stay as they are.
    sys.stdin.read()


def main():
    verb, what, number = sys.argv[1:] if len(sys.argv) == 4 else ("", "", "")
    if verb not in ("bench", "units") or not number.isdigit() or number == "0" and verb == "bench":
        fail(1, "usage: peer.py bench WORKLOAD N | units STATE N")
    {"bench": bench, "units": units}[verb](what, int(number))
    sys.stdout.flush()
    os._exit(0)  # the interpreter would kill one tasklet after the other


main()
