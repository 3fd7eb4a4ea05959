-- Let an article whose buckets are written leave the waiting room of an index on a cluster, and
-- name the members that it met.
-- KEYS: 1 the article's entry, 2 the index's parameters, 3 the waiting room
-- ARGV: 1 the prefix of names and entries, 2 what the parameters must be, 3 id, 4 arrival,
--       5 what waited of it (empty: nothing was written), 6 the arrival numbers of those it met,
--       four bytes each
-- Returns {the article's entry if it is not the one that was written (empty: it is), {id, …} of
-- those it met (empty: it has moved meanwhile, or is the article itself)}. An error that begins
-- with DAMAGED says what is wrong with the index; nothing was written then.
local prefix, id, arrival, places, members = ARGV[1], ARGV[3], ARGV[4], ARGV[5], ARGV[6]

local function number(packed, i)
  local a, b, c, d = packed:byte(i, i + 3)
  return ((a * 256 + b) * 256 + c) * 256 + d
end

local function names_of(arrival)
  return prefix .. ':ids:' .. math.floor(arrival / 128), tostring(arrival % 128)
end

local function damaged(what)
  return redis.error_reply('DAMAGED ' .. what)
end

local parameters = redis.call('GET', KEYS[2])
if not parameters then return damaged('its parameters are missing') end
if parameters ~= ARGV[2] then return damaged('it has other parameters, or is being rebuilt') end

local names = {}
for i = 1, #members, 4 do
  local met = redis.call('HGET', names_of(number(members, i)))
  if not met then return damaged('a bucket has a member without a name') end
  if met ~= id then
    local entry = redis.call('GETRANGE', prefix .. ':entry:' .. met, 0, 3)
    if entry ~= members:sub(i, i + 3) then
      -- It has another number now, under which it is met if it came before.
      local is_moving = #entry == 4
        and redis.call('HEXISTS', KEYS[3], string.format('%d', number(entry, 1))) == 1
      if not is_moving then return damaged('the member of a bucket has no entry') end
      met = ''
    end
  else
    met = ''
  end
  names[#names + 1] = met
end
if places == '' then return {'', names} end

local size = number(places, 1) * 6
local waits = redis.call('HGET', KEYS[3], arrival)
if waits == places then
  redis.call('HDEL', KEYS[3], arrival)
  for i = 5 + size, #places, 10 do
    local member = number(places, i)
    if string.format('%d', member) ~= arrival then
      redis.call('HDEL', names_of(member))
    end
  end
  return {'', names}
end
local entry = redis.call('GET', KEYS[1]) or ''
local is_same = entry:sub(1, 4) == struct.pack('>I4', tonumber(arrival))
  and entry:sub(9) == places:sub(5, 4 + size)
return {is_same and '' or entry .. ' ', names}
