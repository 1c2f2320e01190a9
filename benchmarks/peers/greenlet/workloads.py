"""A workload is a function of its size n and a number of rounds, which returns how
many operations it did and the seconds that they took. Each checks what it did.
"""
from collections import deque
from time import perf_counter

from scheduler import Channel, give_way, make_all_ready, park, run, run_sleepers, select, sleep, spawn


def check(got, want):
    if got != want:
        raise SystemExit("greenlet: got %s, want %s" % (got, want))


def measured(run=run):
    """Runs what has been spawned to its end, and returns the time."""
    start = perf_counter()
    run()
    return perf_counter() - start


def create(n, rounds):
    """n units are made and run to their end. Operation: one unit."""
    ended = 0

    def body():
        nonlocal ended
        ended += 1

    start = perf_counter()
    for _ in range(rounds):
        for _ in range(n):
            spawn(body)
        run()
    seconds = perf_counter() - start
    check(ended, n * rounds)
    return n * rounds, seconds


def yield_(n, rounds):
    """n units give way. Operation: one turn of one of them."""
    begun = []
    ended = 0
    seconds = 0.0

    def body():
        nonlocal ended
        park(begun)
        for _ in range(rounds):
            give_way()
        ended += 1

    def keeper():  # a turn of it is a round of all
        nonlocal seconds
        park(begun)
        start = perf_counter()
        for _ in range(rounds):
            give_way()
        seconds = perf_counter() - start

    spawn(keeper)
    for _ in range(n):
        spawn(body)
    run()
    make_all_ready(begun)
    run()
    check(ended, n)
    return (n + 1) * rounds, seconds


def pingpong(_, rounds):
    """Two units pass a number back and forth. Operation: one message."""
    messages = 1000 * rounds
    ping, pong = Channel(), Channel()
    ball = 0

    def one():
        nonlocal ball
        for _ in range(messages):
            ping.send(ball + 1)
            ball = pong.receive()

    def two():
        for _ in range(messages):
            pong.send(ping.receive() + 1)

    spawn(one)
    spawn(two)
    seconds = measured()
    check(ball, 2 * messages)
    return 2 * messages, seconds


def fanin(n, rounds):
    """n senders, one channel, one receiver. Operation: one message."""
    channel = Channel()
    total = 0

    def sender(i):
        for _ in range(rounds):
            channel.send(i)

    def receiver():
        nonlocal total
        for _ in range(n * rounds):
            total += channel.receive()

    for i in range(n):
        spawn(lambda i=i: sender(i))
    spawn(receiver)
    seconds = measured()
    check(total, rounds * n * (n - 1) // 2)
    return n * rounds, seconds


def fanout(n, rounds):
    """One sender, one channel, n receivers. Operation: one message."""
    channel = Channel()
    messages = n * rounds
    total = 0

    def receiver():
        nonlocal total
        while True:
            value = channel.receive()
            if value is None:
                return
            total += value

    def sender():
        for i in range(messages):
            channel.send(i)

    for _ in range(n):
        spawn(receiver)
    spawn(sender)
    seconds = measured()
    check(total, messages * (messages - 1) // 2)
    spawn(lambda: [channel.send(None) for _ in range(n)])
    run()
    return messages, seconds


def chain(channel, n):
    """n units that add one to what they receive and send it on; returns the last
    one's channel. They end when they receive None, which they send on."""

    def stage(receive, send):
        value = receive()
        while value is not None:
            send(value + 1)
            value = receive()
        send(None)

    for _ in range(n):
        out = Channel()
        spawn(lambda receive=channel.receive, send=out.send: stage(receive, send))
        channel = out
    run()  # all wait
    return channel


def ring(n, rounds):
    """A token goes round a ring of n units. Operation: one hop."""
    first = Channel()
    last = chain(first, n - 1)
    token = 0

    def closer():
        nonlocal token
        for _ in range(rounds):
            first.send(token + 1)
            token = last.receive()

    spawn(closer)
    seconds = measured()
    check(token, n * rounds)
    spawn(lambda: (first.send(None), last.receive()))
    run()
    return n * rounds, seconds


def pipeline(n, rounds):
    """A source, n stages that add one, a sink. Operation: one message over one
    stage."""
    first = Channel()
    last = chain(first, n)
    total = 0

    def source():
        for i in range(rounds):
            first.send(i)

    def sink():
        nonlocal total
        for _ in range(rounds):
            total += last.receive()

    spawn(source)
    spawn(sink)
    seconds = measured()
    check(total, rounds * (rounds - 1) // 2 + rounds * n)
    spawn(lambda: (first.send(None), last.receive()))
    run()
    return n * rounds, seconds


def select_(n, rounds):
    """n senders with a channel each, one that receives from all. Operation: one
    message."""
    channels = deque(Channel() for _ in range(n))
    total = 0

    def sender(channel, i):
        for _ in range(rounds):
            channel.send(i)

    def receiver():
        nonlocal total
        for _ in range(n * rounds):
            total += select(channels)
            channels.rotate(-1)  # each has its turn

    for i, channel in enumerate(channels):
        spawn(lambda channel=channel, i=i: sender(channel, i))
    spawn(receiver)
    seconds = measured()
    check(total, rounds * n * (n - 1) // 2)
    return n * rounds, seconds


def skynet(n, rounds):
    """A tree of ten branches with n leaves, each sends its number, or the sum of
    what it received, to its parent. Operation: the whole."""

    def node(out, number, size):
        if size == 1:
            out.send(number)
            return
        channel = Channel()
        part = size // 10
        for i in range(10):
            spawn(lambda number=number + i * part: node(channel, number, part))
        total = 0
        for _ in range(10):
            total += channel.receive()
        out.send(total)

    start = perf_counter()
    for _ in range(rounds):
        root = Channel()
        result = []
        spawn(lambda: node(root, 0, n))
        spawn(lambda: result.append(root.receive()))
        run()
        check(result, [n * (n - 1) // 2])
    return rounds, perf_counter() - start


def chameneos(n, rounds):
    """n creatures of three colours meet in pairs at a meeting place, which takes
    two requests and answers each with the other's colour. Operation: one meeting."""
    meetings = 100 * rounds
    place = Channel()
    met = 0

    def creature(colour):
        nonlocal met
        answer = Channel()
        while True:
            place.send((colour, answer))
            other = answer.receive()
            if other is None:
                return
            if other != colour:
                colour = 3 - colour - other
            met += 1

    def meeting_place():
        for _ in range(meetings):
            one, answer_one = place.receive()
            two, answer_two = place.receive()
            answer_one.send(two)
            answer_two.send(one)
        for _ in range(n):
            place.receive()[1].send(None)

    for i in range(n):
        spawn(lambda colour=i % 3: creature(colour))
    spawn(meeting_place)
    seconds = measured()
    check(met, 2 * meetings)
    return meetings, seconds


def sieve(n, rounds):
    """A generator, and a filter for each prime found, until n are. Operation: the
    whole."""
    primes = []

    def generator(send):
        i = 2
        while len(primes) < n:
            send(i)
            i += 1
        send(None)

    def sift(receive, send, prime):
        i = receive()
        while i is not None:
            if i % prime:
                send(i)
            i = receive()
        send(None)

    def finder(channel):
        while len(primes) < n:
            prime = channel.receive()
            primes.append(prime)
            out = Channel()
            spawn(lambda receive=channel.receive, send=out.send: sift(receive, send, prime))
            channel = out
        while channel.receive() is not None:
            pass

    seconds = 0.0
    for _ in range(rounds):
        primes.clear()
        numbers = Channel()
        spawn(lambda: generator(numbers.send))
        spawn(lambda: finder(numbers))
        seconds += measured()
    check(primes, first_primes(n))
    return rounds, seconds


def first_primes(n):
    primes = []
    i = 2
    while len(primes) < n:
        if all(i % p for p in primes if p * p <= i):
            primes.append(i)
        i += 1
    return primes


def timers(n, rounds):
    """n units take naps of one to ten milliseconds. Operation: one nap."""
    each = 5 * rounds
    begun = []
    naps = 0

    def body(i):
        nonlocal naps
        park(begun)
        for k in range(each):
            sleep(1 + (i * 7 + k * 3) % 10)
            naps += 1

    for i in range(n):
        spawn(lambda i=i: body(i))
    run()
    make_all_ready(begun)
    seconds = measured(run_sleepers)
    check(naps, n * each)
    return n * each, seconds


WORKLOADS = {
    "create": ("Create", create),
    "yield": ("Yield", yield_),
    "pingpong": ("PingPong", pingpong),
    "fanin": ("FanIn", fanin),
    "fanout": ("FanOut", fanout),
    "ring": ("Ring", ring),
    "pipeline": ("Pipeline", pipeline),
    "select": ("Select", select_),
    "skynet": ("Skynet", skynet),
    "chameneos": ("Chameneos", chameneos),
    "sieve": ("Sieve", sieve),
    "timers": ("Timers", timers),
}
UNFAIR = {
    "pickle": "greenlets can't be pickled",
    "collect": "the collector of Python is not one of those compared",
}
