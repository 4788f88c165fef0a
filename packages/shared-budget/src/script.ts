/**
 * The decision who may send, as Redis runs it: at once, for one member at a time, by the clock of Redis. `createMemoryStore` of
 * `./testing` decides alike, and a test compares the two.
 *
 * - A token bucket holds half a second's worth, at least 1. What the server has left, and its waits, lower it for all.
 * - Each member has one ticket while something of it waits. Tickets are served by priority, then by the tokens their
 *   members have had (start-time fair queueing), so that a busy member cannot starve another one.
 * - A ticket is served when there are tokens for it and for all before it. Its member is told when to ask again: at its turn,
 *   which is known for as long as no others go first, and a little before it where that is far away.
 * - Who comes back had its share meanwhile, as all who were not heard of since it went away may still have.
 * - A member that waits and does not ask when it was told to is not heard of any more, at once.
 * - A member that vanished keeps its share for ten minutes: it may only be cut off from Redis, and go on with that share.
 * - A state that is made anew begins with 1 token, and for 30 s believes the first member about how many there are.
 */
export const SCRIPT = `
local state, queue, due, seen, served = KEYS[1], KEYS[2], KEYS[3], KEYS[4], KEYS[5]
local member, rate = ARGV[1], tonumber(ARGV[2])
local priority, demand, reserve = tonumber(ARGV[3]), tonumber(ARGV[4]), tonumber(ARGV[5])
local remaining, blockMs = tonumber(ARGV[6]), tonumber(ARGV[7])
local lastMembers, leaves, awayMs = tonumber(ARGV[8]), ARGV[9] == '1', tonumber(ARGV[10])
local CLASS = 1099511627776
local now = tonumber(ARGV[11])
if not now then
  local time = redis.call('TIME')
  now = time[1] * 1000 + math.floor(time[2] / 1000)
end

for _, gone in ipairs(redis.call('ZRANGEBYSCORE', seen, '-inf', now - 600000)) do
  redis.call('ZREM', seen, gone)
  redis.call('ZREM', served, gone)
end
local quiet = 2.5 * math.max(10000, redis.call('ZCARD', seen) * 60)
for _, late in ipairs(redis.call('ZRANGEBYSCORE', due, '-inf', now)) do
  redis.call('ZREM', due, late)
  if late ~= member then
    redis.call('ZREM', queue, late)
    redis.call('ZADD', seen, 'XX', now - quiet - 1, late)
  end
end
if leaves then
  for _, key in ipairs({queue, due, seen, served}) do redis.call('ZREM', key, member) end
else
  redis.call('ZADD', seen, now, member)
end
local count = redis.call('ZCARD', seen)

local kept = redis.call('HMGET', state, 'tokens', 'at', 'virtual', 'blocked', 'block', 'expected', 'until', 'outage')
local tokens, at, virtual = tonumber(kept[1]), tonumber(kept[2]), tonumber(kept[3])
local blocked, block = tonumber(kept[4]), tonumber(kept[5])
local expected, expectedUntil, outage = tonumber(kept[6]), tonumber(kept[7]), tonumber(kept[8])
if not tokens then
  tokens, at, virtual, blocked, block, expected, expectedUntil, outage = 1, now, 0, 0, 0, lastMembers, now + 30000, 0
end
if expectedUntil <= now or expectedUntil > now + 30000 then expected = 0 end
if blocked > now + block then blocked = now + block end
if at > math.max(now, blocked) then at = now end
if outage > now then outage = 0 end
if awayMs > 0 then outage = math.max(outage, now - awayMs) end
local absent = redis.call('ZCOUNT', seen, '-inf', '(' .. math.max(outage, now - quiet))
local members = math.max(count, expected, 1)
local effective = rate * math.max(1, count - absent) / members
local size = math.max(1, rate / 2)
if now > at then
  tokens = math.min(size, tokens + (now - at) / 1000 * effective)
  at = now
end
if awayMs > 0 then tokens = 0 end
if remaining >= 0 then tokens = math.min(tokens, remaining) end
if blockMs > 0 and now + blockMs > blocked then
  blocked, block, tokens, at = now + blockMs, blockMs, 1, now + blockMs
end

local granted, askAgain = 0, 0
if demand > 0 and not leaves then
  local start
  local ticket = tonumber(redis.call('ZSCORE', queue, member) or nil)
  if ticket then
    start = ticket - math.floor(ticket / CLASS) * CLASS
  else
    start = math.max(virtual, tonumber(redis.call('ZSCORE', served, member) or 0))
  end
  redis.call('ZADD', queue, start - priority * CLASS, member)
  local waiting = redis.call('ZCARD', queue)
  local before = redis.call('ZRANK', queue, member)
  local batch = math.max(1, math.floor(effective / 5 / waiting))
  local left = math.min(reserve, size - 1)
  if blocked <= now then
    local most = waiting == 1 and demand or math.min(demand, batch)
    granted = math.max(0, math.min(most, math.floor(tokens + 0.000000001 - left) - before))
  end
  if granted > 0 then
    tokens = tokens - granted
    virtual = math.max(virtual, start)
    start = start + granted
    redis.call('ZADD', served, start, member)
    if granted < demand then
      redis.call('ZADD', queue, start - priority * CLASS, member)
      before = redis.call('ZRANK', queue, member)
    else
      redis.call('ZREM', queue, member)
    end
  end
  if granted < demand then
    local want = priority > 0 and 1 or math.min(demand - granted, batch)
    local missing = math.max(0, before + want + left - tokens)
    local wait = math.ceil(missing / effective * 1000) + math.max(0, blocked - now)
    askAgain = wait <= 2000 and wait or math.max(2000, math.floor(wait * 0.9))
    redis.call('ZADD', due, now + askAgain + 1500, member)
  else
    redis.call('ZREM', due, member)
  end
else
  redis.call('ZREM', queue, member)
  redis.call('ZREM', due, member)
end

redis.call('HSET', state, 'tokens', tokens, 'at', at, 'virtual', virtual, 'blocked', blocked, 'block', block,
  'expected', expected, 'until', expectedUntil, 'outage', outage)
for _, key in ipairs(KEYS) do redis.call('PEXPIRE', key, 3600000) end
return {granted, askAgain, members}
`;

/** Names of the keys of a budget. The braces keep them on one node of a cluster. */
export const keysOf = (budget: string): readonly string[] =>
  ['state', 'queue', 'due', 'seen', 'served'].map((part) => `live-status:{${budget}}:${part}`);
