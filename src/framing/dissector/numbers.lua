-- Numbers: each function reads one from the octets of s behind at, and returns its value, how many octets
-- it takes, and a mark; or nil, "need" and how many more octets at least, or nil, "wrong" and why.

local function big_endian(text)
  local value = 0
  for place = 1, #text do value = value * 256 + text:byte(place) end
  return value
end

local function exactly(s, at, width)
  local text = s:sub(at + 1, at + width)
  if #text < width then return nil, "need", width - #text end
  return text
end

local numbers = {}

function numbers.fixed(s, at)
  local text, kind, more = exactly(s, at, F.width)
  if not text then return nil, kind, more end
  if F.little then text = text:reverse() end
  if F.signed and text:byte(1) >= 128 then
    return nil, "wrong", "the length has its top bit set"
  end
  return big_endian(text), F.width
end

local function groups(s, at, least_first)
  local value, weight = 0, 1
  for place = 1, F.octets do
    local octet = s:byte(at + place)
    if not octet then return nil, "need", nil end
    if least_first then
      value, weight = value + octet % 128 * weight, weight * 128
    else
      value = value * 128 + octet % 128
    end
    if octet < 128 then return value, place end
  end
  return nil, "wrong", "the length has more octets than there may be"
end

function numbers.varint(s, at) return groups(s, at, true) end
function numbers.vlq(s, at) return groups(s, at, false) end

-- A first octet, and the octets that it says come behind it.
local function extended(s, at, widths)
  local first = s:byte(at + 1)
  if not first then return nil, "need", 1 end
  local width = widths(first)
  if not width then return nil, "wrong", "the length is of a form that there is not" end
  local text, kind, more = exactly(s, at + 1, width)
  if not text then return nil, kind, more end
  return first, text
end

function numbers.quic(s, at)
  local first, text, more = extended(s, at, function(first) return 2 ^ math.floor(first / 64) - 1 end)
  if not first then return nil, text, more end
  return first % 64 * 256 ^ #text + big_endian(text), 1 + #text
end

function numbers.compact(s, at)
  local widths = { [253] = 2, [254] = 4, [255] = 8 }
  local first, text, more = extended(s, at, function(first) return widths[first] or 0 end)
  if not first then return nil, text, more end
  if #text == 0 then return first, 1 end
  return big_endian(text:reverse()), 1 + #text
end

function numbers.ber(s, at)
  local first, text, more = extended(s, at, function(first)
    if first < 128 then return 0 end
    if first > 128 and first < 255 then return first - 128 end
  end)
  if not first then return nil, text, more end
  if #text == 0 then return first, 1 end
  return big_endian(text), 1 + #text
end

function numbers.websocket(s, at)
  local widths = { [126] = 2, [127] = 8 }
  local first, text, more = extended(s, at, function(first) return widths[first % 128] or 0 end)
  if not first then return nil, text, more end
  local value = first % 128
  if #text > 0 then value = big_endian(text) end
  return value, 1 + #text, first >= 128
end

function numbers.mark(s, at)
  local text, kind, more = exactly(s, at, 4)
  if not text then return nil, kind, more end
  return big_endian(text) % 2 ^ 31, 4
end

function numbers.decimal(s, at)
  local digits = s:match("^%d*", at + 1)
  local behind = s:sub(at + #digits + 1, at + #digits + #F.ends)
  if behind ~= F.ends:sub(1, #behind) or #digits > 20 then
    return nil, "wrong", "the length is not a number"
  end
  if #behind < #F.ends then return nil, "need", #F.ends - #behind end
  if #digits == 0 then return nil, "wrong", "the length has no digits" end
  return tonumber(digits, 10), #digits + #F.ends
end

function numbers.digits(s, at)
  local text = s:sub(at + 1, at + F.width)
  local value = 0
  for place = 1, #text do
    local digit = tonumber(text:sub(place, place), F.base)
    if not digit then return nil, "wrong", "the length is not a number" end
    value = value * F.base + digit
  end
  if #text < F.width then return nil, "need", F.width - #text end
  return value, F.width
end

function numbers.header(s, at)
  local from, to = s:find("\r\n\r\n", at + 1, true)
  if not from then return nil, "need", nil end
  for line in s:sub(at + 1, from - 1):gmatch("[^\r\n]+") do
    local name, value = line:match("^([^:]*):%s*(%d+)%s*$")
    if name and name:lower() == F.header then return tonumber(value, 10), to - at end
  end
  return nil, "wrong", "the header block does not say the length"
end

