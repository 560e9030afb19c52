-- The value of a lock: its owner token, and '|' behind it when somebody waits; behind that the ticket of the successor,
-- which is that one's owner token, '#' and a number.

-- The owner token; then the ticket, '' where somebody waits without one, nil where nobody waits.
local function read_lock(value)
  local bar = value and string.find(value, '|', 1, true)
  if not bar then
    return value
  end
  return string.sub(value, 1, bar - 1), string.sub(value, bar + 1)
end
