"""Makes N greenlets that switch back to where they came from, and waits to be
measured.

Usage: python3 greenlets.py N

It needs the greenlet module (Debian: python3-greenlet).
"""
import json
import sys
import time

from greenlet import getcurrent, greenlet

ROUNDS = 10


def switch_back():
    while True:
        main.switch()


main = getcurrent()
count = int(sys.argv[1])
report = {"created": count, "create_ns": None, "switch_ns": None, "error": None}

start = time.perf_counter_ns()
greenlets = [greenlet(switch_back) for _ in range(count)]
for each in greenlets:
    each.switch()
if count > 0:
    report["create_ns"] = (time.perf_counter_ns() - start) / count
    rounds = max(ROUNDS, 100_000 // count)
    start = time.perf_counter_ns()
    for _ in range(rounds):
        for each in greenlets:
            each.switch()
    # There and back is two switches, and a yield of one unit to the next.
    report["switch_ns"] = (time.perf_counter_ns() - start) / count / rounds

print("ready", json.dumps(report), flush=True)
sys.stdin.read()
