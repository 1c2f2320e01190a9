"""Tasklets to bytes and back."""
import gc
import math
import pickle
from time import perf_counter

from stackless import channel, schedule, tasklet


def counter(number, out):
    """What is pickled: it counts, and could tell a channel. It is not a closure, as
    those can't be pickled."""
    while number >= 0:
        schedule()
        number += 1
    out.send(number)


def bench_pickle(n, enough):
    """n counters with one shared channel are written to bytes, and read.
    Operation: one unit."""
    shared = channel()
    counters = [tasklet(counter)(i % 100, shared) for i in range(n)]
    schedule()  # each is in the middle of its work
    for each in counters:
        each.remove()
    data = pickle.dumps(counters, pickle.HIGHEST_PROTOCOL)

    def write(rounds):
        for _ in range(rounds):
            again = pickle.dumps(counters, pickle.HIGHEST_PROTOCOL)
        assert len(again) == len(data)

    def read(rounds):
        for _ in range(rounds):
            back = pickle.loads(data)
        assert len(back) == n and all(each.alive for each in back)

    for do, what in (("write", write), ("read", read)):
        rounds = 1
        while True:
            gc.collect()
            start = perf_counter()
            what(rounds)
            seconds = perf_counter() - start
            if seconds >= enough:
                break
            rounds = more(rounds, seconds, enough)
        print("BenchmarkPickle/n=%d/do=%s/on=stackless\t%d\t%.2f ns/op\t%.2f B/unit"
              % (n, do, n * rounds, seconds / n / rounds * 1e9, len(data) / n))


def more(rounds, seconds, enough):
    return math.ceil(min(rounds * 100, 1.2 * rounds * enough / max(seconds, 1e-9))) + 1
