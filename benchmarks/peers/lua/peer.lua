-- The workloads of the comparison in Lua 5.4: coroutines, with a scheduler and
-- channels in scheduler.lua.
--
--   lua5.4 peer.lua bench WORKLOAD N
--   lua5.4 peer.lua units STATE N
--
-- Lua's library has no clock of fine resolution but that of the processor's time,
-- so that is what is measured: the time a process waits for a processor does not
-- count.

local here = arg[0]:match("^(.*)/") or "."
package.path = here .. "/?.lua;" .. package.path
local s = require("scheduler")
local workloads = require("workloads")

local function fail(code, ...)
  io.stderr:write("lua: ", string.format(...), "\n")
  os.exit(code)
end

-- bench lets a workload do more and more rounds until it took long enough. A
-- workload is a function of the size and the number of rounds; it returns how many
-- operations it did, and in how many seconds.
local function bench(name, n)
  local workload = workloads[name]
  if not workload then
    fail(2, "no workload %q", name)
  elseif workload.unfair then
    fail(2, "%s", workload.unfair)
  end
  local enough = tonumber(os.getenv("BENCH_SECONDS") or 0.2)
  workload.run(n, 1) -- to warm up
  local rounds = 1
  while true do
    s.forget()
    collectgarbage()
    local operations, seconds = workload.run(n, rounds)
    if seconds >= enough then
      print(string.format("Benchmark%s/n=%d/on=lua\t%d\t%.2f ns/op",
        workload.name, n, operations, seconds / operations * 1e9))
      return
    end
    local more = rounds * enough / math.max(seconds, 1e-9) * 1.2
    rounds = math.ceil(math.min(more, rounds * 100)) + 1
  end
end

-- units makes n coroutines, lets each run once, and waits for the end of input.
local function units(state, n)
  local nap = tonumber(os.getenv("SLEEP_SECONDS") or 3600) * 1000
  local messages = s.new_channel()
  local body = ({
    yield = function()
      while true do
        s.give_way()
      end
    end,
    blocked = function()
      while true do
        s.receive(messages)
      end
    end,
    sleeping = function()
      s.sleep(nap)
    end,
  })[state]
  if not body then
    fail(2, "no state %q", state)
  end
  local create_ns, switch_ns = "null", "null"
  local start = os.clock()
  for _ = 1, n do
    s.spawn(body)
  end
  s.run(0) -- each begins
  if n > 0 then
    create_ns = string.format("%.1f", (os.clock() - start) / n * 1e9)
    if state == "yield" then
      local rounds = math.max(10, 100000 // n)
      start = os.clock()
      s.run(rounds)
      switch_ns = string.format("%.1f", (os.clock() - start) / n / rounds * 1e9)
    end
  end
  collectgarbage() -- what making them left behind is not theirs
  print(string.format('ready {"created": %d, "create_ns": %s, "switch_ns": %s}', n, create_ns, switch_ns))
  io.stdout:flush()
  io.stdin:read("a")
  -- The scheduler holds them until here. Without closing the state: that would
  -- take them apart one by one.
  os.exit(messages ~= nil, false)
end

local verb, what, n = arg[1], arg[2], math.tointeger(tonumber(arg[3]))
if verb == "bench" and n and n > 0 then
  bench(what, n)
elseif verb == "units" and n and n >= 0 then
  units(what, n)
else
  fail(1, "usage: peer.lua bench WORKLOAD N | units STATE N")
end
