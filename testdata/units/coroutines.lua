-- Makes N Lua coroutines that yield, and waits to be measured.
--
-- Usage: lua5.4 coroutines.lua N

local rounds = 10
local count = math.tointeger(arg[1])

local function yield_on()
  while true do
    coroutine.yield()
  end
end

local function resume_all(coroutines)
  for i = 1, #coroutines do
    coroutine.resume(coroutines[i])
  end
end

local coroutines = {}
local create_ns, switch_ns = "null", "null"

local start = os.clock()
for i = 1, count do
  coroutines[i] = coroutine.create(yield_on)
end
resume_all(coroutines)
if count > 0 then
  create_ns = string.format("%.1f", (os.clock() - start) / count * 1e9)
  rounds = math.max(rounds, 100000 // count)
  start = os.clock()
  for _ = 1, rounds do
    resume_all(coroutines)
  end
  -- A resume and the yield that answers it.
  switch_ns = string.format("%.1f", (os.clock() - start) / count / rounds * 1e9)
end

-- What making them left behind is not theirs.
collectgarbage()
print(string.format('ready {"created": %d, "create_ns": %s, "switch_ns": %s}', count, create_ns, switch_ns))
io.stdout:flush()
io.stdin:read("a")
-- coroutines must still be in use here, or they would have been collected.
os.exit(#coroutines == count, false)
