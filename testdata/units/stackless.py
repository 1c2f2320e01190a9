"""Makes N tasklets of Stackless Python that yield, and waits to be measured.

Usage: stackless-python stackless.py N

It needs Stackless Python; no other Python has the module it imports.
"""
from __future__ import print_function

import json
import os
import sys
import time

# Python looks for modules beside the script first, and the script has the
# module's name.
here = os.path.dirname(os.path.abspath(__file__))
sys.path = [p for p in sys.path if os.path.abspath(p or ".") != here]

import stackless

ROUNDS = 10
clock = getattr(time, "perf_counter", time.time)


def yield_on():
    while True:
        stackless.schedule()


count = int(sys.argv[1])
report = {"created": count, "create_ns": None, "switch_ns": None, "error": None}

start = clock()
for _ in range(count):
    stackless.tasklet(yield_on)()
# The main tasklet is one of the ring: when its turn comes again, each of the
# others has had one.
stackless.schedule()
if count > 0:
    report["create_ns"] = (clock() - start) / count * 1e9
    rounds = max(ROUNDS, 100000 // count)
    start = clock()
    for _ in range(rounds):
        stackless.schedule()
    report["switch_ns"] = (clock() - start) / count / rounds * 1e9

print("ready", json.dumps(report))
sys.stdout.flush()
# Nothing runs while the main tasklet waits here: they stay as they are.
sys.stdin.read()
# The interpreter would kill one tasklet after the other on its way out.
os._exit(0)
