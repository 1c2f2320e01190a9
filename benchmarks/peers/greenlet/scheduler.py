"""A scheduler of greenlets with rendezvous channels and sleep, as greenlet is
only the switch.

A unit that gives way switches to the next that is ready directly, which is one
switch where by way of a hub it would be two. Only main starts new ones: a greenlet
keeps the depth of the stack on which it was started, and so would nest ever deeper.
It starts the newest first, one between turns of others, so that of a tree of
units, each the parent of others, few live at a time. A unit that ends is followed
by main, the parent of all, which goes on with the next. What a unit waits to be
given is left in its attribute `value`.
"""
import heapq
import time
from collections import deque

from greenlet import getcurrent, greenlet

ready = deque()  # units that have run
fresh = []  # units that have not
next_ready, make_ready = ready.popleft, ready.append
main = getcurrent()
to_main = main.switch


class Unit(greenlet):
    __slots__ = ("value",)


def spawn(body):
    fresh.append(Unit(body, main))


def give_way():
    make_ready(getcurrent())
    if fresh:
        to_main()
    else:
        next_ready().switch()


def wait():
    """Lets others run. The caller stands somewhere from where it will be made
    ready."""
    if ready and not fresh:
        next_ready().switch()
    else:
        to_main()


def run():
    """Runs until nothing is ready."""
    while fresh or ready:
        if fresh:
            fresh.pop().switch()
        if ready:
            next_ready().switch()


def park(units):
    """Waits in a list, from where main makes all ready by make_all_ready."""
    units.append(getcurrent())
    wait()


make_all_ready = ready.extend


class Channel:
    """Those that wait are all senders, each with its value, or all receivers. One
    that waits in a select stands there as a Choice."""

    __slots__ = ("senders", "receivers")

    def __init__(self):
        self.senders = deque()
        self.receivers = deque()

    def send(self, value):
        if self.receivers:
            receiver = self.receivers.popleft()
            if type(receiver) is Choice:
                receiver = receiver.made(self)
            receiver.value = value
            make_ready(receiver)
        else:
            self.senders.append((getcurrent(), value))
            wait()

    def receive(self):
        if self.senders:
            sender, value = self.senders.popleft()
            make_ready(sender)
            return value
        me = getcurrent()
        self.receivers.append(me)
        wait()
        return me.value


class Choice:
    """A unit that waits to receive from any of some channels."""

    __slots__ = ("unit", "channels")

    def __init__(self, unit, channels):
        self.unit = unit
        self.channels = channels

    def made(self, channel):
        for other in self.channels:
            if other is not channel:
                other.receivers.remove(self)
        return self.unit


def select(channels):
    """Receives from the first of some channels that has a sender; the caller
    turns the deque of channels, so that each has its turn."""
    for channel in channels:
        if channel.senders:
            sender, value = channel.senders.popleft()
            make_ready(sender)
            return value
    me = getcurrent()
    choice = Choice(me, channels)
    for channel in channels:
        channel.receivers.append(choice)
    wait()
    return me.value


# Sleepers stand in a list for each millisecond in which some wake; the
# milliseconds are in a heap, which so stays small however many sleep.
sleepers = {}
ticks = []


def sleep(milliseconds):
    tick = int(time.monotonic() * 1000 + milliseconds) + 1  # never too early
    bucket = sleepers.get(tick)
    if bucket is None:
        bucket = sleepers[tick] = []
        heapq.heappush(ticks, tick)
    park(bucket)


def run_sleepers():
    """Runs until nothing is ready and nothing sleeps."""
    run()
    while ticks:
        left = ticks[0] / 1000 - time.monotonic()
        if left > 0:
            time.sleep(left)
        now = time.monotonic() * 1000
        while ticks and ticks[0] <= now:
            make_all_ready(sleepers.pop(heapq.heappop(ticks)))
        run()
