%% Each workload is a function of its size n and a number of rounds, which returns
%% how many operations it did and the nanoseconds that they took, or the reason why
%% Erlang can't do it fairly. Each checks what it did.
%%
%% A message needs no one to take it. Where a sender on a channel would wait until
%% it is taken, and nothing else keeps it from running ahead, the receiver
%% acknowledges: fan-in, select and sieve. A fan-out's receivers ask for work, as a
%% process has no channel to share with others. The pipeline's sink gives credit to
%% its source, which costs less than an acknowledgement at each stage.

-module(workloads).
-export([find/1]).

find("create") -> {ok, "Create", fun create/2};
find("yield") -> {ok, "Yield", fun yield/2};
find("pingpong") -> {ok, "PingPong", fun pingpong/2};
find("fanin") -> {ok, "FanIn", fun fanin/2};
find("fanout") -> {ok, "FanOut", fun fanout/2};
find("ring") -> {ok, "Ring", fun ring/2};
find("pipeline") -> {ok, "Pipeline", fun pipeline/2};
find("select") -> {ok, "Select", fun select/2};
find("skynet") -> {ok, "Skynet", fun skynet/2};
find("chameneos") -> {ok, "Chameneos", fun chameneos/2};
find("sieve") -> {ok, "Sieve", fun sieve/2};
find("timers") -> {ok, "Timers", fun timers/2};
find("pickle") -> {unfair, "Erlang can't write a process to bytes"};
find("collect") -> {unfair, "each process of Erlang has a heap of its own to collect"};
find(Word) -> {unfair, "no workload " ++ Word}.

%% measured returns the time that a function takes, and its result.
measured(F) ->
    Start = erlang:monotonic_time(),
    Result = F(),
    End = erlang:monotonic_time(),
    {erlang:convert_time_unit(End - Start, native, nanosecond), Result}.

repeat(0, _) -> ok;
repeat(N, F) -> F(), repeat(N - 1, F).

%% A countdown tells one process when so many others have come to an end, which
%% spares it a message from each.
countdown(N) ->
    Left = atomics:new(1, [{signed, true}]),
    atomics:put(Left, 1, N),
    {Left, self(), make_ref()}.

ended({Left, Pid, Ref}) ->
    case atomics:sub_get(Left, 1, 1) of
        0 -> Pid ! Ref, ok;
        _ -> ok
    end.

await({_, _, Ref}) -> receive Ref -> ok end.

kill(Pids) -> [exit(Pid, kill) || Pid <- Pids], ok.

%% n units are made and run to their end. Operation: one unit.
create(N, Rounds) ->
    {Time, ok} = measured(fun() ->
        repeat(Rounds, fun() ->
            All = countdown(N),
            process_flag(priority, high), % none begins before all are made
            repeat(N, fun() -> spawn(fun() -> ended(All) end) end),
            process_flag(priority, normal),
            await(All)
        end)
    end),
    {N * Rounds, Time}.

%% n units give way. Operation: one turn of one of them.
yield(N, Rounds) ->
    All = countdown(N),
    process_flag(priority, high), % none begins before all are made
    Pids = [spawn(fun() -> turns(Rounds), ended(All), receive stop -> ok end end) || _ <- lists:seq(1, N)],
    process_flag(priority, normal),
    erlang:yield(), % each has had its first turn
    {Time, ok} = measured(fun() -> await(All) end),
    kill(Pids),
    {N * Rounds, Time}.

turns(0) -> ok;
turns(Rounds) -> erlang:yield(), turns(Rounds - 1).

%% Two units pass a number back and forth. Operation: one message.
pingpong(_, Rounds) ->
    Trips = 1000 * Rounds,
    {Time, Ball} = measured(fun() -> ping(spawn(fun pong/0), Trips, 0) end),
    Ball = 2 * Trips,
    {2 * Trips, Time}.

ping(Pid, 0, Ball) ->
    Pid ! stop,
    Ball;
ping(Pid, Trips, Ball) ->
    Pid ! {self(), Ball + 1},
    receive {Pid, Next} -> ping(Pid, Trips - 1, Next) end.

pong() ->
    receive
        {From, Ball} -> From ! {self(), Ball + 1}, pong();
        stop -> ok
    end.

%% n senders, one receiver. Operation: one message.
fanin(N, Rounds) ->
    Receiver = self(),
    {Time, Sum} = measured(fun() ->
        [spawn(fun() -> send_all(Receiver, I, Rounds) end) || I <- lists:seq(1, N)],
        receive_all(N * Rounds, 0)
    end),
    Sum = Rounds * N * (N + 1) div 2,
    {N * Rounds, Time}.

send_all(_, _, 0) ->
    ok;
send_all(Receiver, Message, Left) ->
    Receiver ! {self(), Message},
    receive taken -> send_all(Receiver, Message, Left - 1) end.

receive_all(0, Sum) ->
    Sum;
receive_all(Left, Sum) ->
    receive {From, Message} -> From ! taken, receive_all(Left - 1, Sum + Message) end.

%% One sender, n receivers, which ask for a message each. Operation: one message.
fanout(N, Rounds) ->
    Sender = self(),
    Messages = N * Rounds,
    {Time, Sum} = measured(fun() ->
        Pids = [spawn(fun() -> ask(Sender, 0) end) || _ <- lists:seq(1, N)],
        hand_out(Messages),
        [receive Pid -> Pid ! stop end || Pid <- Pids],
        lists:sum([receive {sum, Part} -> Part end || _ <- Pids])
    end),
    Sum = Messages * (Messages + 1) div 2,
    {Messages, Time}.

hand_out(0) -> ok;
hand_out(Left) -> receive Pid -> Pid ! Left, hand_out(Left - 1) end.

ask(Sender, Sum) ->
    Sender ! self(),
    receive
        stop -> Sender ! {sum, Sum};
        Message -> ask(Sender, Sum + Message)
    end.

%% A token goes round a ring of n units. Operation: one hop.
ring(N, Rounds) ->
    First = chain(N - 1, self()),
    {Time, Token} = measured(fun() -> laps(First, Rounds, 0) end),
    First ! stop,
    receive stop -> ok end,
    Token = N * Rounds,
    {Token, Time}.

laps(_, 0, Token) -> Token;
laps(First, Left, Token) -> First ! Token + 1, receive T -> laps(First, Left - 1, T) end.

%% chain makes n units, each of which adds one to what it receives and sends it on,
%% the last to a given process.
chain(0, Next) -> Next;
chain(N, Next) -> chain(N - 1, spawn(fun() -> stage(Next) end)).

stage(Next) ->
    receive
        stop -> Next ! stop;
        Message -> Next ! Message + 1, stage(Next)
    end.

%% A source, n stages that add one, a sink; as many messages are on their way at
%% most as there are stages. Operation: one message over one stage.
pipeline(N, Rounds) ->
    Sink = self(),
    First = chain(N, Sink),
    {Time, Sum} = measured(fun() ->
        Source = spawn(fun() -> source(First, Rounds, N) end),
        sink(Source, Rounds, 0)
    end),
    First ! stop,
    receive stop -> ok end,
    Sum = Rounds * (Rounds + 1) div 2 + Rounds * N,
    {N * Rounds, Time}.

source(_, 0, _) -> ok;
source(First, Left, 0) -> receive credit -> source(First, Left, 1) end;
source(First, Left, Credit) -> First ! Left, source(First, Left - 1, Credit - 1).

sink(_, 0, Sum) -> Sum;
sink(Source, Left, Sum) -> receive M -> Source ! credit, sink(Source, Left - 1, Sum + M) end.

%% n senders with a tag each, one that receives from all: a mailbox is a select.
%% Operation: one message.
select(N, Rounds) ->
    Receiver = self(),
    {Time, Sum} = measured(fun() ->
        [spawn(fun() -> tag_all(Receiver, I, Rounds) end) || I <- lists:seq(1, N)],
        select_all(N * Rounds, 0)
    end),
    Sum = Rounds * N * (N + 1) div 2,
    {N * Rounds, Time}.

tag_all(_, _, 0) ->
    ok;
tag_all(Receiver, Tag, Left) ->
    Receiver ! {Tag, self(), Tag},
    receive taken -> tag_all(Receiver, Tag, Left - 1) end.

select_all(0, Sum) ->
    Sum;
select_all(Left, Sum) ->
    receive {_Channel, From, Message} -> From ! taken, select_all(Left - 1, Sum + Message) end.

%% A tree of ten branches with n leaves, each sends its number, or the sum of what
%% it received, to its parent. Operation: the whole.
skynet(N, Rounds) ->
    Want = N * (N - 1) div 2,
    Self = self(),
    {Time, ok} = measured(fun() ->
        repeat(Rounds, fun() ->
            spawn(fun() -> node(Self, 0, N) end),
            receive Want -> ok; Wrong when is_integer(Wrong) -> exit({sum, Wrong}) end
        end)
    end),
    {Rounds, Time}.

node(Parent, Number, 1) ->
    Parent ! Number;
node(Parent, Number, Size) ->
    Self = self(),
    Part = Size div 10,
    branch(Self, Number, Part, 10),
    Parent ! add(10, 0).

branch(_, _, _, 0) -> ok;
branch(Parent, Number, Part, Left) ->
    spawn(fun() -> node(Parent, Number, Part) end),
    branch(Parent, Number + Part, Part, Left - 1).

add(0, Sum) -> Sum;
add(Left, Sum) -> receive Number -> add(Left - 1, Sum + Number) end.

%% n creatures of three colours meet in pairs at a meeting place, which takes two
%% requests and answers each with the other's colour. Operation: one meeting.
chameneos(N, Rounds) ->
    Meetings = 100 * Rounds,
    Place = self(),
    {Time, Met} = measured(fun() ->
        Pids = [spawn(fun() -> creature(Place, I rem 3, 0) end) || I <- lists:seq(1, N)],
        meet(Meetings),
        [receive {Pid, _} -> Pid ! stop end || Pid <- Pids],
        lists:sum([receive {met, Count} -> Count end || _ <- Pids])
    end),
    Met = 2 * Meetings,
    {Meetings, Time}.

meet(0) ->
    ok;
meet(Left) ->
    receive {One, First} -> receive {Two, Second} -> One ! Second, Two ! First, meet(Left - 1) end end.

creature(Place, Colour, Met) ->
    Place ! {self(), Colour},
    receive
        stop -> Place ! {met, Met};
        Colour -> creature(Place, Colour, Met + 1);
        Other -> creature(Place, 3 - Colour - Other, Met + 1)
    end.

%% A generator, and a filter for each prime found, until n are. Operation: the
%% whole.
sieve(N, Rounds) ->
    {Time, Primes} = measured(fun() -> sieves(N, Rounds) end),
    Primes = first_primes(N, 2, []),
    {Rounds, Time}.

sieves(N, Rounds) ->
    Self = self(),
    Generator = spawn(fun() -> receive {to, First} -> generate(First, 2) end end),
    Generator ! {to, Self},
    {Pids, Primes} = find_primes(N, Generator, [Generator], []),
    kill(Pids),
    flush(),
    case Rounds of
        1 -> Primes;
        _ -> sieves(N, Rounds - 1)
    end.

generate(Next, I) ->
    Next ! {self(), I},
    receive
        taken -> generate(Next, I + 1);
        {to, Other} -> receive taken -> generate(Other, I + 1) end
    end.

%% find_primes takes a prime from the last of the chain and puts a filter between.
%% That hears where to send before it is told to go on.
find_primes(0, _, Pids, Primes) ->
    {Pids, Primes};
find_primes(N, Last, Pids, Primes) ->
    receive
        {Last, Prime} ->
            Self = self(),
            Filter = spawn(fun() -> filter(Self, Prime) end),
            Last ! {to, Filter},
            Last ! taken,
            find_primes(N - 1, Filter, [Filter | Pids], [Prime | Primes])
    end.

filter(Next, Prime) ->
    receive
        {to, Other} ->
            filter(Other, Prime);
        {From, I} when I rem Prime =:= 0 ->
            From ! taken,
            filter(Next, Prime);
        {From, I} ->
            From ! taken,
            Next ! {self(), I},
            filter(taken(Next), Prime)
    end.

%% taken waits until the next has taken a number, and returns who is next then.
taken(Next) ->
    receive
        taken -> Next;
        {to, Other} -> receive taken -> Other end
    end.

flush() -> receive _ -> flush() after 0 -> ok end.

first_primes(0, _, Primes) ->
    Primes;
first_primes(N, I, Primes) ->
    case lists:any(fun(P) -> I rem P =:= 0 end, Primes) of
        true -> first_primes(N, I + 1, Primes);
        false -> first_primes(N - 1, I + 1, [I | Primes])
    end.

%% n units take naps of one to ten milliseconds. Operation: one nap.
timers(N, Rounds) ->
    Naps = 5 * Rounds,
    All = countdown(N),
    Pids = [spawn(fun() -> receive go -> naps(I * 7, Naps), ended(All) end end) || I <- lists:seq(0, N - 1)],
    {Time, ok} = measured(fun() -> [Pid ! go || Pid <- Pids], await(All) end),
    {N * Naps, Time}.

naps(_, 0) -> ok;
naps(Phase, Left) -> receive after 1 + Phase rem 10 -> naps(Phase + 3, Left - 1) end.
