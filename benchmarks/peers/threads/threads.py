"""Makes N Python threads that sleep, and waits to be measured.

Usage: python3 threads.py N
"""
import json
import sys
import threading
import time

HOUR = 3600


def sleep_on():
    with lock:
        running.append(None)
        if len(running) == count:
            all_run.set()
    time.sleep(HOUR)


count = int(sys.argv[1])
lock = threading.Lock()
running = []
all_run = threading.Event()
report = {"created": 0, "create_ns": None, "switch_ns": None, "error": None}

start = time.perf_counter_ns()
try:
    for _ in range(count):
        # Daemons: they must not keep the process from ending.
        threading.Thread(target=sleep_on, daemon=True).start()
        report["created"] += 1
except RuntimeError as refusal:
    report["error"] = f"created {report['created']} of {count}: {refusal}"
else:
    if count > 0:
        all_run.wait()
        report["create_ns"] = (time.perf_counter_ns() - start) / count

print("ready", json.dumps(report), flush=True)
sys.stdin.read()
