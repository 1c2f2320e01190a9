%% The workloads of the comparison in Erlang.
%%
%%   erlc suite.erl workloads.erl
%%   erl +S 1:1 +P 2097152 -noinput -run suite main -extra bench WORKLOAD N
%%   erl +S 1:1 +P 2097152 -noinput -run suite main -extra units STATE N
%%
%% One scheduler, as the other systems have one core; for skynet as many as there
%% are cores. +P makes room for more than the default of 262,144 processes.

-module(suite).
-export([main/0]).

main() ->
    case init:get_plain_arguments() of
        [Verb, What, Number] when Verb =:= "bench"; Verb =:= "units" ->
            try {Verb, list_to_integer(Number)} of
                {"bench", N} when N > 0 -> bench(What, N);
                {"units", N} when N >= 0 -> units(What, N);
                _ -> usage()
            catch
                error:badarg -> usage()
            end;
        _ ->
            usage()
    end.

usage() -> fail(1, "usage: bench WORKLOAD N | units STATE N").

fail(Code, Text) ->
    io:format(standard_error, "erlang: ~s~n", [Text]),
    erlang:halt(Code).

%% bench lets a workload do more and more rounds until it took long enough, each
%% time in a new process, whose heap nothing is left of.
bench(Word, N) ->
    case workloads:find(Word) of
        {ok, Name, Workload} ->
            Enough = seconds("BENCH_SECONDS", 0.2),
            fresh(Workload, N, 1), % to warm up
            {Operations, Seconds} = enough(Workload, N, 1, Enough),
            io:format("Benchmark~s/n=~b/on=erlang\t~b\t~.2f ns/op~n",
                      [Name, N, Operations, Seconds / Operations * 1.0e9]),
            halt(0);
        {unfair, Reason} ->
            fail(2, Reason)
    end.

enough(Workload, N, Rounds, Enough) ->
    case fresh(Workload, N, Rounds) of
        {_, Seconds} = Measured when Seconds >= Enough ->
            Measured;
        {_, Seconds} ->
            More = min(Rounds * 100, 1.2 * Rounds * Enough / max(Seconds, 1.0e-9)),
            enough(Workload, N, ceil(More) + 1, Enough)
    end.

fresh(Workload, N, Rounds) ->
    {Pid, Monitor} = spawn_monitor(fun() -> exit({measured, Workload(N, Rounds)}) end),
    receive
        {'DOWN', Monitor, process, Pid, {measured, {Operations, Nanoseconds}}} ->
            {Operations, Nanoseconds / 1.0e9};
        {'DOWN', Monitor, process, Pid, Reason} ->
            fail(1, io_lib:format("~p", [Reason]))
    end.

seconds(Variable, Default) ->
    case os:getenv(Variable) of
        false -> Default;
        Text -> try list_to_float(Text) catch error:badarg -> float(list_to_integer(Text)) end
    end.

%% units makes n processes, lets each run once, and waits for the end of input.
units(State, N) ->
    Nap = round(seconds("SLEEP_SECONDS", 3600.0) * 1000),
    Body = case State of
               "yield" -> fun yield_on/0;
               "blocked" -> fun receive_on/0;
               "sleeping" -> fun() -> receive after Nap -> ok end end;
               _ -> fail(2, "no state " ++ State)
           end,
    report(0, each(1, 1), "null"), % loads the code for it, which takes turns of others
    Start = erlang:monotonic_time(),
    process_flag(priority, high), % none begins before all are made
    spawn_each(N, Body),
    process_flag(priority, normal),
    erlang:yield(), % behind all of them
    Create = each(erlang:monotonic_time() - Start, N),
    Switch = case State of
                 "yield" when N > 0 -> switch(N, max(3, 100000 div N));
                 _ -> "null"
             end,
    %% Before those that never wait; and by ports of its own, as the processes of
    %% the io module would each have to wait for a turn.
    process_flag(priority, high),
    Output = open_port({fd, 1, 1}, [out]),
    port_command(Output, report(N, Create, Switch)),
    Input = open_port({fd, 0, 0}, [in, eof]),
    wait(Input),
    halt(0).

report(N, Create, Switch) ->
    io_lib:format("ready {\"created\": ~b, \"create_ns\": ~s, \"switch_ns\": ~s}~n", [N, Create, Switch]).

spawn_each(0, _) -> ok;
spawn_each(N, Body) -> spawn(Body), spawn_each(N - 1, Body).

yield_on() -> erlang:yield(), yield_on().

receive_on() -> receive _ -> receive_on() end.

%% switch is the time of one turn: between two of this process, each of the others
%% has one.
switch(N, Rounds) ->
    Start = erlang:monotonic_time(),
    turns(Rounds),
    each(erlang:monotonic_time() - Start, (N + 1) * Rounds).

turns(0) -> ok;
turns(Rounds) -> erlang:yield(), turns(Rounds - 1).

each(_, 0) -> "null";
each(Time, N) -> io_lib:format("~.1f", [erlang:convert_time_unit(Time, native, nanosecond) / N]).

wait(Input) ->
    receive
        {Input, eof} -> ok;
        {Input, {data, _}} -> wait(Input)
    end.
