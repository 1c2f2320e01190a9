"""The workloads of the comparison in Python with greenlet: workloads.py, with a
scheduler and channels in scheduler.py.

    python3 peer.py bench WORKLOAD N
    python3 peer.py units STATE N
"""
import gc
import json
import math
import os
import sys
from time import perf_counter

from scheduler import Channel, give_way, make_all_ready, park, run, sleep, spawn
from workloads import UNFAIR, WORKLOADS


def fail(code, text):
    sys.stderr.write("greenlet: %s\n" % text)
    sys.exit(code)


def bench(word, n):
    """Lets a workload do more and more rounds until it took long enough."""
    if word in UNFAIR:
        fail(2, UNFAIR[word])
    if word not in WORKLOADS:
        fail(2, "no workload %r" % word)
    name, workload = WORKLOADS[word]
    enough = float(os.environ.get("BENCH_SECONDS", 0.2))
    if word not in ("create", "skynet"):  # which have few at a time
        refuse_too_many(n)
    workload(n, 1)  # to warm up
    rounds = 1
    while True:
        gc.collect()
        operations, seconds = workload(n, rounds)
        if seconds >= enough:
            break
        rounds = more(rounds, seconds, enough)
    print("Benchmark%s/n=%d/on=greenlet\t%d\t%.2f ns/op" % (name, n, operations, seconds / operations * 1e9))


def more(rounds, seconds, enough):
    return math.ceil(min(rounds * 100, 1.2 * rounds * enough / max(seconds, 1e-9))) + 1


def refuse_too_many(n):
    """A greenlet of Python 3.11 touches two pages of its own, at least: refuses
    what would take more than half of the memory that is free."""
    try:
        with open("/proc/meminfo") as meminfo:
            free = next(int(line.split()[1]) << 10 for line in meminfo if line.startswith("MemAvailable"))
    except (OSError, StopIteration):
        return
    if n * 7000 > free // 2:
        fail(2, "%d greenlets need %d MB, and %d MB are free" % (n, n * 7000 >> 20, free >> 20))


def units(state, n):
    """Makes n greenlets, lets each run once, and waits for the end of input."""
    nap = float(os.environ.get("SLEEP_SECONDS", 3600)) * 1000
    messages = Channel()

    def yielding():
        park(begun)
        while True:
            give_way()

    def blocked():
        while True:
            messages.receive()

    def sleeping():
        sleep(nap)

    begun = []
    states = {"yield": yielding, "blocked": blocked, "sleeping": sleeping}
    if state not in states:
        fail(2, "no state %r" % state)
    refuse_too_many(n)
    body = states[state]
    report = {"created": n, "create_ns": None, "switch_ns": None}

    start = perf_counter()
    for _ in range(n):
        spawn(body)
    run()  # each has run and stands in begun, or waits
    if n > 0:
        report["create_ns"] = (perf_counter() - start) / n * 1e9

    def keeper():
        if state == "yield" and n > 0:
            rounds = max(10, 100_000 // n)
            before = perf_counter()
            for _ in range(rounds):
                give_way()
            report["switch_ns"] = (perf_counter() - before) / (n + 1) / rounds * 1e9
        gc.collect()
        print("ready", json.dumps(report), flush=True)
        sys.stdin.read()
        os._exit(0)  # without taking each apart

    make_all_ready(begun)
    spawn(keeper)
    run()


def main():
    verb, what, number = sys.argv[1:] if len(sys.argv) == 4 else ("", "", "")
    if verb not in ("bench", "units") or not number.isdigit() or number == "0" and verb == "bench":
        fail(1, "usage: peer.py bench WORKLOAD N | units STATE N")
    {"bench": bench, "units": units}[verb](what, int(number))


main()
