-- Counts visits: wrk -s wrk.lua URL -- PAGES RUN IDS VISITORS. With IDS = "ids" every request has an id of its own; VISITORS different
-- clients (0: none is known) take turns, by the header X-Client-IP and their User-Agent.
-- Prints its figures as one line of JSON.
local threads = 0
function setup(thread)
  thread:set("number", threads)
  threads = threads + 1
end

local pages, run, ids, visitors, sent
function init(args)
  pages, run, ids, visitors, sent = tonumber(args[1]), args[2], args[3] == "ids", tonumber(args[4]), 0
  wrk.method = "POST"
  wrk.headers["Content-Type"] = "application/json"
end

local format = string.format
local browser = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.%d.0 Safari/537.36"
function request()
  local page = format("/%s-%d", run, sent % pages)
  if visitors > 0 then
    local visitor = sent % visitors
    wrk.headers["X-Client-IP"] = format("10.0.%d.%d", math.floor(visitor / 256), visitor % 256)
    wrk.headers["User-Agent"] = format(browser, visitor % 7)
  end
  sent = sent + 1
  local id = ids and format(',"id":"%s-%d-%d"', run, number, sent) or ""
  return wrk.format(nil, nil, nil, format('{"page":"%s"%s}', page, id))
end

function done(summary, latency)
  local errors = summary.errors
  io.write(format(
    '{"requests":%d,"durationUs":%d,"refused":%d,"broken":%d,"p50Us":%d,"p99Us":%d}\n',
    summary.requests, summary.duration, errors.status, errors.connect + errors.read + errors.write + errors.timeout,
    latency:percentile(50), latency:percentile(99)
  ))
end
