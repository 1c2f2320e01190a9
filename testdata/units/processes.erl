#!/usr/bin/env escript
%%! +P 1048576 +S 1:1

%% Makes N Erlang processes that wait to receive, and waits to be measured.
%%
%% Usage: escript processes.erl N
%%
%% The second line makes room for more than the default of 262,144 processes, and
%% holds Erlang to one scheduler, as the other kinds of unit have one processor.

-module(processes).
-export([main/1]).
-mode(compile).

-define(ROUNDS, 10).

main([Text]) ->
    Count = list_to_integer(Text),
    Parent = self(),
    {Create, Processes} = timer:tc(fun() -> start(Count, Parent) end),
    io:format("ready {\"created\": ~b, \"create_ns\": ~s, \"switch_ns\": ~s}~n",
              [Count, each(Create, Count), switch(Processes, Count)]),
    wait(),
    %% Alive until here, all of them.
    true = length(Processes) =:= Count,
    halt(0).

%% start makes the processes; each says that it has run.
start(Count, Parent) ->
    Processes = [spawn(fun() -> Parent ! ran, answer(Parent) end) || _ <- lists:seq(1, Count)],
    [receive ran -> ok end || _ <- Processes],
    Processes.

answer(Parent) ->
    receive ask -> Parent ! answer end,
    answer(Parent).

%% switch is half the time of a question and its answer.
switch(_, 0) ->
    "null";
switch(Processes, Count) ->
    Rounds = max(?ROUNDS, 100000 div Count),
    {Micros, ok} = timer:tc(fun() -> ask(Processes, Rounds) end),
    each(Micros / 2, Count * Rounds).

ask(_, 0) ->
    ok;
ask(Processes, Rounds) ->
    [begin P ! ask, receive answer -> ok end end || P <- Processes],
    ask(Processes, Rounds - 1).

each(_, 0) -> "null";
each(Micros, Count) -> io_lib:format("~.1f", [Micros * 1000 / Count]).

wait() ->
    case io:get_line("") of
        eof -> ok;
        {error, _} -> ok;
        _ -> wait()
    end.
