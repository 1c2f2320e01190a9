-- Each workload is a function of its size n and a number of rounds, which returns
-- how many operations it did and the seconds that they took, or the reason why
-- Lua can't do it fairly. Each checks what it did.

local s = require("scheduler")
local spawn, give_way, run = s.spawn, s.give_way, s.run
local new_channel, send, receive, select, sleep = s.new_channel, s.send, s.receive, s.select, s.sleep
local clock = os.clock

local function check(got, want)
  if got ~= want then
    error(string.format("got %s, want %s", got, want), 2)
  end
end

-- measured runs what has been spawned to its end, and returns the time.
local function measured(idle)
  local start = clock()
  run(nil, idle)
  return clock() - start
end

-- n units are made and run to their end. Operation: one unit.
local function create(n, rounds)
  local ended = 0
  local function body()
    ended = ended + 1
  end
  local start = clock()
  for _ = 1, rounds do
    for _ = 1, n do
      spawn(body)
    end
    run()
  end
  local seconds = clock() - start
  check(ended, n * rounds)
  return n * rounds, seconds
end

-- n units give way. Operation: one turn of one of them.
local function yield(n, rounds)
  local stop = false
  local count = 0
  for _ = 1, n do
    spawn(function()
      repeat
        count = count + 1
        give_way()
      until stop
    end)
  end
  run(0) -- all have begun
  local start = clock()
  run(rounds)
  local seconds = clock() - start
  check(count, n * (rounds + 1))
  stop = true
  run()
  return n * rounds, seconds
end

-- Two units pass a number back and forth. Operation: one message.
local function pingpong(_, rounds)
  local messages = 1000 * rounds
  local ping, pong = new_channel(), new_channel()
  local ball = 0
  spawn(function()
    for _ = 1, messages do
      send(ping, ball + 1)
      ball = receive(pong)
    end
  end)
  spawn(function()
    for _ = 1, messages do
      send(pong, receive(ping) + 1)
    end
  end)
  local seconds = measured()
  check(ball, 2 * messages)
  return 2 * messages, seconds
end

-- n senders, one channel, one receiver. Operation: one message.
local function fanin(n, rounds)
  local c = new_channel()
  local sum = 0
  for i = 1, n do
    spawn(function()
      for _ = 1, rounds do
        send(c, i)
      end
    end)
  end
  spawn(function()
    for _ = 1, n * rounds do
      sum = sum + receive(c)
    end
  end)
  local seconds = measured()
  check(sum, rounds * n * (n + 1) // 2)
  return n * rounds, seconds
end

-- One sender, one channel, n receivers. Operation: one message.
local function fanout(n, rounds)
  local c = new_channel()
  local sum, messages = 0, n * rounds
  for _ = 1, n do
    spawn(function()
      while true do
        local value = receive(c)
        sum = sum + value
      end
    end)
  end
  spawn(function()
    for i = 1, messages do
      send(c, i)
    end
  end)
  local seconds = measured()
  check(sum, messages * (messages + 1) // 2)
  return messages, seconds
end

-- A token goes round a ring of n units. Operation: one hop.
local function ring(n, rounds)
  local first = new_channel()
  local from = first
  for _ = 1, n - 1 do
    local receives, sends = from, new_channel()
    spawn(function()
      while true do
        send(sends, receive(receives) + 1)
      end
    end)
    from = sends
  end
  run() -- all wait for the token
  local token = 0
  spawn(function()
    for _ = 1, rounds do
      send(first, token + 1)
      token = receive(from)
    end
  end)
  local seconds = measured()
  check(token, n * rounds)
  return n * rounds, seconds
end

-- A source, n stages that add one, a sink. Operation: one message over one stage.
local function pipeline(n, rounds)
  local first = new_channel()
  local from = first
  for _ = 1, n do
    local receives, sends = from, new_channel()
    spawn(function()
      while true do
        send(sends, receive(receives) + 1)
      end
    end)
    from = sends
  end
  run()
  local sum = 0
  spawn(function()
    for i = 1, rounds do
      send(first, i)
    end
  end)
  spawn(function()
    for _ = 1, rounds do
      sum = sum + receive(from)
    end
  end)
  local seconds = measured()
  check(sum, rounds * (rounds + 1) // 2 + rounds * n)
  return n * rounds, seconds
end

-- n senders with a channel each, one that receives from all. Operation: one
-- message.
local function select_from(n, rounds)
  local channels = {}
  for i = 1, n do
    local c = new_channel()
    channels[i] = c
    spawn(function()
      for _ = 1, rounds do
        send(c, i)
      end
    end)
  end
  local sum = 0
  spawn(function()
    local from = 1
    for _ = 1, n * rounds do
      local value
      value, from = select(channels, from)
      sum = sum + value
      from = from % n + 1 -- each has its turn
    end
  end)
  local seconds = measured()
  check(sum, rounds * n * (n + 1) // 2)
  return n * rounds, seconds
end

-- A tree of ten branches with n leaves, each sends its number, or the sum of what
-- it received, to its parent. Operation: the whole.
local function skynet(n, rounds)
  local function node(out, number, size)
    if size == 1 then
      send(out, number)
      return
    end
    local c, sum, part = new_channel(), 0, size // 10
    for i = 0, 9 do
      spawn(function()
        node(c, number + i * part, part)
      end)
    end
    for _ = 1, 10 do
      sum = sum + receive(c)
    end
    send(out, sum)
  end
  local start = clock()
  for _ = 1, rounds do
    local root, sum = new_channel(), nil
    spawn(function()
      node(root, 0, n)
    end)
    spawn(function()
      sum = receive(root)
    end)
    run()
    check(sum, n * (n - 1) // 2)
  end
  return rounds, clock() - start
end

-- n creatures of three colours meet in pairs at a meeting place, which takes two
-- requests and answers each with the other's colour. Operation: one meeting.
local function chameneos(n, rounds)
  local meetings = 100 * rounds
  local place, met = new_channel(), 0
  for i = 1, n do
    local creature = { colour = i % 3, answer = new_channel() }
    spawn(function()
      while true do
        send(place, creature)
        local other = receive(creature.answer)
        if not other then
          return
        end
        if other ~= creature.colour then
          creature.colour = 3 - creature.colour - other
        end
        met = met + 1
      end
    end)
  end
  spawn(function()
    for _ = 1, meetings do
      local one = receive(place)
      local two = receive(place)
      local first, second = one.colour, two.colour
      send(one.answer, second)
      send(two.answer, first)
    end
    for _ = 1, n do
      send(receive(place).answer, nil)
    end
  end)
  local seconds = measured()
  check(met, 2 * meetings)
  return meetings, seconds
end

-- A generator, and a filter for each prime found, until n are. Operation: the
-- whole.
local function sieve(n, rounds)
  local seconds, last = 0, nil
  for _ = 1, rounds do
    s.forget() -- the filters of the round before
    local numbers, done = new_channel(), false
    spawn(function()
      local i = 2
      while not done do
        send(numbers, i)
        i = i + 1
      end
    end)
    spawn(function()
      local from = numbers
      for found = 1, n do
        local prime = receive(from)
        last = prime
        if found == n then
          break
        end
        local receives, sends = from, new_channel()
        spawn(function()
          while not done do
            local i = receive(receives)
            if i % prime ~= 0 then
              send(sends, i)
            end
          end
        end)
        from = sends
      end
      done = true
    end)
    seconds = seconds + measured()
  end
  -- Checked the plain way.
  local primes, i = {}, 2
  while #primes < n do
    local composite = false
    for _, p in ipairs(primes) do
      composite = i % p == 0
      if composite or p * p > i then
        break
      end
    end
    if not composite then
      primes[#primes + 1] = i
    end
    i = i + 1
  end
  check(last, primes[n])
  return rounds, seconds
end

-- n units take naps of one to ten milliseconds. Operation: one nap.
local function timers(n, rounds)
  local naps, each = 0, 5 * rounds
  for i = 0, n - 1 do
    spawn(function()
      give_way()
      for k = 0, each - 1 do
        sleep(1 + (i * 7 + k * 3) % 10)
        naps = naps + 1
      end
    end)
  end
  run(0) -- all have begun
  local seconds = measured(true)
  check(naps, n * each)
  return n * each, seconds
end

return {
  create = { name = "Create", run = create },
  yield = { name = "Yield", run = yield },
  pingpong = { name = "PingPong", run = pingpong },
  fanin = { name = "FanIn", run = fanin },
  fanout = { name = "FanOut", run = fanout },
  ring = { name = "Ring", run = ring },
  pipeline = { name = "Pipeline", run = pipeline },
  select = { name = "Select", run = select_from },
  skynet = { name = "Skynet", run = skynet },
  chameneos = { name = "Chameneos", run = chameneos },
  sieve = { name = "Sieve", run = sieve },
  timers = { name = "Timers", run = timers },
  pickle = { unfair = "Lua can't write a coroutine to bytes" },
  collect = { unfair = "the collector of Lua is not one of those compared" },
}
