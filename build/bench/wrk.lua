-- Counts visits: wrk -s wrk.lua URL -- PAGES RUN IDS. With IDS = "ids" every request has an id of its own.
-- Prints its figures as one line of JSON.
local threads = 0
function setup(thread)
  thread:set("number", threads)
  threads = threads + 1
end

local pages, run, ids, sent
function init(args)
  pages, run, ids, sent = tonumber(args[1]), args[2], args[3] == "ids", 0
  wrk.method = "POST"
  wrk.headers["Content-Type"] = "application/json"
end

local format = string.format
function request()
  local page = format("/%s-%d", run, sent % pages)
  sent = sent + 1
  if ids then return wrk.format(nil, nil, nil, format('{"page":"%s","id":"%s-%d-%d"}', page, run, number, sent)) end
  return wrk.format(nil, nil, nil, format('{"page":"%s"}', page))
end

function done(summary, latency)
  local errors = summary.errors
  io.write(format(
    '{"requests":%d,"durationUs":%d,"refused":%d,"broken":%d,"p50Us":%d,"p99Us":%d}\n',
    summary.requests, summary.duration, errors.status, errors.connect + errors.read + errors.write + errors.timeout,
    latency:percentile(50), latency:percentile(99)
  ))
end
