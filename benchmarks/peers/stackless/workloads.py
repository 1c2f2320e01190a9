"""A workload is a function of its size n and a number of rounds, which returns how
many operations it did and the seconds that they took. Each checks what it did.
"""
from time import perf_counter

from sleeping import run_sleepers, sleep
from stackless import channel, run, schedule, tasklet


def check(got, want):
    if got != want:
        raise SystemExit("stackless: got %s, want %s" % (got, want))


def measured():
    """Runs what is ready to its end, and returns the time."""
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
            tasklet(body)()
        run()
    seconds = perf_counter() - start
    check(ended, n * rounds)
    return n * rounds, seconds


def yield_(n, rounds):
    """n units give way. Operation: one turn of one of them."""
    ended = 0

    def body():
        nonlocal ended
        for _ in range(rounds + 1):
            schedule()
        ended += 1

    for _ in range(n):
        tasklet(body)()
    # The main tasklet stands in the ring too: a turn of it is a round of all.
    schedule()
    start = perf_counter()
    for _ in range(rounds):
        schedule()
    seconds = perf_counter() - start
    run()
    check(ended, n)
    return (n + 1) * rounds, seconds


def pingpong(_, rounds):
    """Two units pass a number back and forth. Operation: one message."""
    messages = 1000 * rounds
    ping, pong = channel(), channel()
    ball = 0

    def one():
        nonlocal ball
        for _ in range(messages):
            ping.send(ball + 1)
            ball = pong.receive()

    def two():
        for _ in range(messages):
            pong.send(ping.receive() + 1)

    tasklet(one)()
    tasklet(two)()
    seconds = measured()
    check(ball, 2 * messages)
    return 2 * messages, seconds


def fanin(n, rounds):
    """n senders, one channel, one receiver. Operation: one message."""
    chan = channel()
    total = 0

    def sender(i):
        for _ in range(rounds):
            chan.send(i)

    def receiver():
        nonlocal total
        for _ in range(n * rounds):
            total += chan.receive()

    for i in range(n):
        tasklet(sender)(i)
    tasklet(receiver)()
    seconds = measured()
    check(total, rounds * n * (n - 1) // 2)
    return n * rounds, seconds


def fanout(n, rounds):
    """One sender, one channel, n receivers. Operation: one message."""
    chan = channel()
    messages = n * rounds
    total = 0

    def receiver():
        nonlocal total
        while True:
            value = chan.receive()
            if value is None:
                return
            total += value

    def sender():
        for i in range(messages):
            chan.send(i)

    for _ in range(n):
        tasklet(receiver)()
    tasklet(sender)()
    seconds = measured()
    check(total, messages * (messages - 1) // 2)
    tasklet(lambda: [chan.send(None) for _ in range(n)])()
    run()
    return messages, seconds


def chain(chan, n):
    """n units that add one to what they receive and send it on; returns the last
    one's channel. They end when they receive None, which they send on."""

    def stage(receive, send):
        value = receive()
        while value is not None:
            send(value + 1)
            value = receive()
        send(None)

    for _ in range(n):
        out = channel()
        tasklet(stage)(chan.receive, out.send)
        chan = out
    run()  # all wait
    return chan


def ring(n, rounds):
    """A token goes round a ring of n units. Operation: one hop."""
    first = channel()
    last = chain(first, n - 1)
    token = 0

    def closer():
        nonlocal token
        for _ in range(rounds):
            first.send(token + 1)
            token = last.receive()

    tasklet(closer)()
    seconds = measured()
    check(token, n * rounds)
    tasklet(lambda: (first.send(None), last.receive()))()
    run()
    return n * rounds, seconds


def pipeline(n, rounds):
    """A source, n stages that add one, a sink. Operation: one message over one
    stage."""
    first = channel()
    last = chain(first, n)
    total = 0

    def source():
        for i in range(rounds):
            first.send(i)

    def sink():
        nonlocal total
        for _ in range(rounds):
            total += last.receive()

    tasklet(source)()
    tasklet(sink)()
    seconds = measured()
    check(total, rounds * (rounds - 1) // 2 + rounds * n)
    tasklet(lambda: (first.send(None), last.receive()))()
    run()
    return n * rounds, seconds


def select_(n, rounds):
    """n senders with a channel each, one that receives from all. Stackless has no
    select: a channel's balance says how many wait to send, so the receiver asks
    each in turn. Operation: one message."""
    channels = [channel() for _ in range(n)]
    total = 0

    def sender(chan, i):
        for _ in range(rounds):
            chan.send(i)

    def receiver():
        nonlocal total
        left = n * rounds
        while left:
            for chan in channels:
                if chan.balance > 0:
                    total += chan.receive()
                    left -= 1
            schedule()

    for i, chan in enumerate(channels):
        tasklet(sender)(chan, i)
    tasklet(receiver)()
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
        chan = channel()
        part = size // 10
        for i in range(10):
            tasklet(node)(chan, number + i * part, part)
        total = 0
        for _ in range(10):
            total += chan.receive()
        out.send(total)

    start = perf_counter()
    for _ in range(rounds):
        root = channel()
        result = []
        tasklet(node)(root, 0, n)
        tasklet(lambda: result.append(root.receive()))()
        run()
        check(result, [n * (n - 1) // 2])
    return rounds, perf_counter() - start


def chameneos(n, rounds):
    """n creatures of three colours meet in pairs at a meeting place, which takes
    two requests and answers each with the other's colour. Operation: one meeting."""
    meetings = 100 * rounds
    place = channel()
    met = 0

    def creature(colour):
        nonlocal met
        answer = channel()
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
        tasklet(creature)(i % 3)
    tasklet(meeting_place)()
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

    def finder(chan):
        while len(primes) < n:
            prime = chan.receive()
            primes.append(prime)
            out = channel()
            tasklet(sift)(chan.receive, out.send, prime)
            chan = out
        while chan.receive() is not None:
            pass

    seconds = 0.0
    for _ in range(rounds):
        primes.clear()
        numbers = channel()
        tasklet(generator)(numbers.send)
        tasklet(finder)(numbers)
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
    naps = 0

    def body(i):
        nonlocal naps
        schedule()
        for k in range(each):
            sleep(1 + (i * 7 + k * 3) % 10)
            naps += 1

    for i in range(n):
        tasklet(body)(i)
    schedule()  # all have begun
    start = perf_counter()
    run_sleepers()
    seconds = perf_counter() - start
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
    "collect": "the collector of Python is not one of those compared",
}
