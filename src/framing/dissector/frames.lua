-- Frames: scan returns "frame", how many octets it takes, where its parts are, and its payload; or "need" and
-- how many more octets at least, where that is known; or "wrong" and why.

-- The longest frame that is waited for, in octets.
local MOST = 2 ^ 30

local function fixed(s, at, parts, name, list)
  local from = at
  for _, part in ipairs(list) do
    local there = s:sub(at + 1, at + part.length)
    if part.octets and there ~= part.octets:sub(1, #there) then
      return nil, "wrong", "an octet is not the one that must stand there"
    end
    if #there < part.length then return nil, "need", part.length - #there end
    at = at + part.length
  end
  if at > from then parts[#parts + 1] = { name, from, at - from } end
  return at
end

local function length_of(list)
  local total = 0
  for _, part in ipairs(list) do total = total + part.length end
  return total
end

local function unmasked(payload, mask)
  local octets = {}
  for place = 1, #payload do
    octets[place] = string.char(bit32.bxor(payload:byte(place), mask:byte((place - 1) % 4 + 1)))
  end
  return table.concat(octets)
end

local function with_length(s, start)
  local parts = {}
  local at, kind, more = fixed(s, start, parts, "before", F.before)
  if not at then return kind, more end
  local value, width, mark = numbers[F.kind](s, at)
  if not value then return width, mark end
  parts[#parts + 1] = { "length", at, width }
  at = at + width
  if value == 0 and F.zero_has_no_payload then return "frame", at - start, parts, "" end
  local size = value - F.adjustment
  if size < 0 then return "wrong", "the length is below what it counts" end
  if size < F.least or F.zero_is_wrong and value == 0 then
    return "wrong", "a payload of " .. size .. " octets is below the least"
  end
  if size > (F.most or MOST) then
    return "wrong", "a payload of " .. string.format("%.0f", size) .. " octets is above the most"
  end
  local mask
  if F.kind == "websocket" and mark then
    mask, kind, more = exactly(s, at, 4)
    if not mask then return kind, more end
    parts[#parts + 1] = { "after", at, 4 }
    at = at + 4
  end
  at, kind, more = fixed(s, at, parts, "after", F.after)
  if not at then return kind, more end
  local payload = s:sub(at + 1, at + size)
  if #payload < size then return "need", size - #payload + length_of(F.behind) end
  parts[#parts + 1] = { "payload", at, size }
  at, kind, more = fixed(s, at + size, parts, "behind", F.behind)
  if not at then return kind, more end
  if mask then payload = unmasked(payload, mask) end
  return "frame", at - start, parts, payload
end

local function from_slip(text)
  local plain = text:gsub("\219(.?)", function(escaped)
    local octets = { ["\220"] = "\192", ["\221"] = "\219" }
    return octets[escaped] or "\219" .. escaped
  end)
  return plain
end

local function from_cobs(text)
  local pieces, at = {}, 1
  while at <= #text do
    local code = text:byte(at)
    pieces[#pieces + 1] = text:sub(at + 1, at + code - 1)
    at = at + code
    if code < 255 and at <= #text then pieces[#pieces + 1] = "\000" end
  end
  return table.concat(pieces)
end

-- Where a line ends, and how many octets that takes; nil where that is not known yet.
local function line_end(s, at)
  if F.ends then
    local from = s:find(F.ends, at + 1, true)
    return from and from - 1, #F.ends
  end
  local from = s:find("[\r\n]", at + 1)
  if not from or from == #s and s:sub(from) == "\r" then return nil end
  return from - 1, s:sub(from, from + 1) == "\r\n" and 2 or 1
end

local function with_end(s, start)
  local parts = {}
  local at, kind, more = fixed(s, start, parts, "before", F.before)
  if not at then return kind, more end
  at, kind, more = fixed(s, at, parts, "after", F.after)
  if not at then return kind, more end
  local stop, ending = line_end(s, at)
  if not stop then
    if F.most and #s - at > F.most + 8 then return "wrong", "a payload is above the most" end
    return "need", nil
  end
  if F.strips_cr and stop > at and s:byte(stop) == 13 then
    stop, ending = stop - 1, ending + 1
  end
  local payload = s:sub(at + 1, stop)
  if F.kind == "slip" then payload = from_slip(payload) end
  if F.kind == "cobs" then payload = from_cobs(payload) end
  if F.most and #payload > F.most then return "wrong", "a payload is above the most" end
  parts[#parts + 1] = { "payload", at, stop - at }
  parts[#parts + 1] = { "behind", stop, ending }
  at, kind, more = fixed(s, stop + ending, parts, "behind", F.behind)
  if not at then return kind, more end
  return "frame", at - start, parts, payload
end

local scan = numbers[F.kind] and with_length or with_end

local frames = Proto("unstick", "Frames, " .. F.name)
local fields = {
  before = ProtoField.bytes("unstick.before", "Before"),
  length = ProtoField.bytes("unstick.length", "Length"),
  after = ProtoField.bytes("unstick.after", "After"),
  payload = ProtoField.bytes("unstick.payload", "Payload"),
  behind = ProtoField.bytes("unstick.behind", "Behind"),
  payload_length = ProtoField.uint32("unstick.payload_length", "Octets of payload"),
  wrong = ProtoField.string("unstick.wrong", "Not a frame"),
}
frames.fields = {
  fields.before, fields.length, fields.after, fields.payload, fields.behind, fields.payload_length, fields.wrong,
}
local not_a_frame =
  ProtoExpert.new("unstick.wrong.expert", "Not a frame", expert.group.MALFORMED, expert.severity.ERROR)
frames.experts = { not_a_frame }

local function show(tvb, tree, start, size, parts, payload)
  local item = tree:add(frames, tvb(start, size), "Frame of " .. size .. " octets")
  for _, part in ipairs(parts) do
    local name, from, length = part[1], part[2], part[3]
    local stands = name == "payload" and payload ~= tvb:raw(from, length)
    if name == "payload" then
      item:add(fields.payload_length, tvb(from < tvb:len() and from or from - 1, length), #payload)
    end
    if stands and #payload > 0 then
      local decoded = ByteArray.new(payload, true):tvb("Payload")
      item:add(fields.payload, decoded())
    elseif length > 0 then
      item:add(fields[name], tvb(from, length))
    end
  end
end

function frames.dissector(tvb, pinfo, tree)
  local s, at, count = tvb:raw(), 0, 0
  pinfo.cols.protocol = "FRAMES"
  while at < #s do
    local kind, size, parts, payload = scan(s, at)
    if kind == "need" then
      pinfo.desegment_offset = at
      pinfo.desegment_len = size or DESEGMENT_ONE_MORE_SEGMENT
      return
    end
    if kind == "wrong" then
      local item = tree:add(frames, tvb(at), "Not a frame")
      item:add(fields.wrong, tvb(at), size):add_proto_expert_info(not_a_frame, size)
      pinfo.cols.info = "not a frame: " .. size
      return
    end
    show(tvb, tree, at, size, parts, payload)
    at, count = at + size, count + 1
    pinfo.cols.info = count == 1 and "1 frame" or count .. " frames"
  end
end

DissectorTable.get("tcp.port"):add(F.port, frames)
