-- A scheduler of coroutines with rendezvous channels and sleep, as Lua has none
-- of these itself.
--
-- Coroutines that are ready stand in two lists: `batch`, of which each is resumed
-- in turn, and `ready`, where those go that become ready meanwhile; at the end of
-- a batch the two change places. So there is no queue to wrap around or to shift.
-- Beside each coroutine stands the value that its yield shall return.
--
-- What is spawned begins the newest first, one before each batch, so that of a tree
-- of units, each the parent of others, few live at a time.

local create, resume, yield = coroutine.create, coroutine.resume, coroutine.yield
local clock, floor, huge = os.clock, math.floor, math.huge

local ready, ready_values, ready_count = {}, {}, 0
local batch, batch_values = {}, {}
local fresh, fresh_count = {}, 0
local current -- the coroutine that runs

local function make_ready(co, value)
  ready_count = ready_count + 1
  ready[ready_count], ready_values[ready_count] = co, value
end

local function spawn(body)
  fresh_count = fresh_count + 1
  fresh[fresh_count] = body
end

local function give_way()
  local n = ready_count + 1
  ready_count = n
  ready[n], ready_values[n] = current, false
  yield()
end

-- Channels. A channel is a ring of those that wait, which are all senders
-- (balance > 0, each with its value beside it) or all receivers (balance < 0).
-- One that waits in a select stands as a table {co, channels} instead.

local function new_channel()
  return { balance = 0, head = 0, mask = 1 } -- ring: [2i+1] who, [2i+2] value
end

local function grow(c)
  local n = c.mask + 1
  local old = table.move(c, 1, 2 * n, 1, {})
  for i = 0, n - 1 do
    local from = (c.head + i) & c.mask
    c[2 * i + 1], c[2 * i + 2] = old[2 * from + 1], old[2 * from + 2]
  end
  c.head, c.mask = 0, 2 * n - 1
end

local function wait_on(c, who, value, count)
  if count > c.mask then
    grow(c)
  end
  local at = 2 * ((c.head + count) & c.mask)
  c[at + 1], c[at + 2] = who, value
end

-- leave takes one that waits to receive out of the middle of a ring.
local function leave(c, who)
  local mask, found = c.mask, false
  for i = 0, -c.balance - 1 do
    local at = 2 * ((c.head + i) & mask)
    if found then
      c[2 * ((c.head + i - 1) & mask) + 1] = c[at + 1]
    elseif c[at + 1] == who then
      found = true
    end
  end
  c.balance = c.balance + 1
end

local function send(c, value)
  local balance = c.balance
  if balance < 0 then
    local head = c.head
    local who = c[2 * head + 1]
    c.head, c.balance = (head + 1) & c.mask, balance + 1
    if type(who) == "table" then
      for _, other in ipairs(who.channels) do
        if other ~= c then
          leave(other, who)
        end
      end
      who = who.co
    end
    local n = ready_count + 1
    ready_count = n
    ready[n], ready_values[n] = who, value
  else
    wait_on(c, current, value, balance)
    c.balance = balance + 1
    yield()
  end
end

-- take receives from a channel at which senders wait.
local function take(c)
  local head = c.head
  local at = 2 * head
  c.head, c.balance = (head + 1) & c.mask, c.balance - 1
  local n = ready_count + 1
  ready_count = n
  ready[n], ready_values[n] = c[at + 1], false
  return c[at + 2]
end

local function receive(c)
  local balance = c.balance
  if balance > 0 then
    return take(c)
  end
  wait_on(c, current, false, -balance)
  c.balance = balance - 1
  return (yield())
end

-- select receives from whichever of some different channels is first to have a
-- sender, looking from the one at `from` on.
local function select(channels, from)
  local n = #channels
  for i = from, n do
    if channels[i].balance > 0 then
      return take(channels[i]), i
    end
  end
  for i = 1, from - 1 do
    if channels[i].balance > 0 then
      return take(channels[i]), i
    end
  end
  local who = { co = current, channels = channels }
  for i = 1, n do
    local c = channels[i]
    wait_on(c, who, false, -c.balance)
    c.balance = c.balance - 1
  end
  return (yield()), from
end

-- Sleepers stand in a list for each millisecond in which some wake; the
-- milliseconds are in a heap, which so stays small however many sleep.

local sleepers, heap, heap_size = {}, {}, 0

local function milliseconds()
  return clock() * 1000
end

local function heap_push(tick)
  heap_size = heap_size + 1
  local i = heap_size
  while i > 1 and heap[i // 2] > tick do
    heap[i] = heap[i // 2]
    i = i // 2
  end
  heap[i] = tick
end

local function heap_pop()
  local top, last = heap[1], heap[heap_size]
  heap[heap_size] = nil
  heap_size = heap_size - 1
  if heap_size > 0 then
    local i = 1
    while 2 * i <= heap_size do
      local child = 2 * i
      if child < heap_size and heap[child + 1] < heap[child] then
        child = child + 1
      end
      if heap[child] >= last then
        break
      end
      heap[i] = heap[child]
      i = child
    end
    heap[i] = last
  end
  return top
end

local function sleep(ms)
  local tick = floor(milliseconds() + ms) + 1 -- never too early
  local list = sleepers[tick]
  if list then
    list[#list + 1] = current
  else
    sleepers[tick] = { current }
    heap_push(tick)
  end
  yield()
end

local function wake(now)
  while heap_size > 0 and heap[1] <= now do
    local tick = heap_pop()
    for _, co in ipairs(sleepers[tick]) do
      make_ready(co, false)
    end
    sleepers[tick] = nil
  end
end

local function continue(co, value)
  current = co
  local ok, message = resume(co, value)
  if not ok then
    error(debug.traceback(co, message), 0)
  end
end

local function begin()
  local body = fresh[fresh_count]
  fresh[fresh_count] = nil
  fresh_count = fresh_count - 1
  continue(create(body))
end

-- run resumes what is ready until nothing is; or lets all begin that have not, and
-- then resumes all for some rounds. With `idle` it then waits for those that sleep,
-- spinning, as Lua's library can't sleep.
local function run(rounds, idle)
  if rounds then
    while fresh_count > 0 do
      begin()
    end
  end
  rounds = rounds or huge
  while rounds > 0 do
    if fresh_count > 0 then
      begin()
    end
    if heap_size > 0 then
      wake(milliseconds())
    end
    local count = ready_count
    if count > 0 then
      batch, ready = ready, batch
      batch_values, ready_values = ready_values, batch_values
      ready_count = 0
      for i = 1, count do
        continue(batch[i], batch_values[i])
      end
      rounds = rounds - 1
    elseif fresh_count == 0 and not (idle and heap_size > 0) then
      break
    end
  end
  current = nil
end

-- forget drops everything, so that the next measurement begins with nothing.
local function forget()
  fresh, fresh_count = {}, 0
  ready, ready_values, ready_count = {}, {}, 0
  batch, batch_values = {}, {}
  sleepers, heap, heap_size = {}, {}, 0
end

return {
  spawn = spawn, give_way = give_way, run = run, forget = forget,
  new_channel = new_channel, send = send, receive = receive, select = select, sleep = sleep,
}
