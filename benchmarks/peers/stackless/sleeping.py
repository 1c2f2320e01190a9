"""Sleep, which Stackless leaves to its users."""
import heapq
import time

from stackless import getcurrent, run, schedule_remove

# Sleepers stand in a list for each millisecond in which some wake; the
# milliseconds are in a heap, which so stays small however many sleep.
sleepers = {}
ticks = []


def sleep(milliseconds):
    tick = int(time.monotonic() * 1000 + milliseconds) + 1  # never too early
    bucket = sleepers.get(tick)
    if bucket is None:
        sleepers[tick] = [getcurrent()]
        heapq.heappush(ticks, tick)
    else:
        bucket.append(getcurrent())
    schedule_remove()


def run_sleepers():
    """Runs until nothing is ready and nothing sleeps."""
    run()
    while ticks:
        left = ticks[0] / 1000 - time.monotonic()
        if left > 0:
            time.sleep(left)
        now = time.monotonic() * 1000
        while ticks and ticks[0] <= now:
            for sleeper in sleepers.pop(heapq.heappop(ticks)):
                sleeper.insert()
        run()
