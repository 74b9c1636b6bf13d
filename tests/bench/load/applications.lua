-- Applications for wrk: each request has a key and a reserved name of its own.
-- Arguments: a token, a prefix that no other turn has, and the file to write answers into.

local body = [[{"thing": "enterprise_startup", "division": "330106", "form": {]]
  .. [["reservation_id": "n-%s", "name": "杭州西湖区潮信软件有限公司", ]]
  .. [["industry": "软件和信息技术服务业", "registered_capital": 100000000, ]]
  .. [["address": "浙江省杭州市西湖区灵隐街道示范路1号", "employees": 8}}]]
local number = 0

function init(arguments)
  prefix = arguments[2]
  answers = io.open(arguments[3], "w")
  wrk.method = "POST"
  wrk.headers["Content-Type"] = "application/json"
  wrk.headers["Authorization"] = "Bearer " .. arguments[1]
end

function request()
  number = number + 1
  local key = prefix .. number
  wrk.headers["Idempotency-Key"] = key
  return wrk.format(nil, "/api/digital_government/SubmitOneThing", nil, body:format(key))
end

-- Of a right answer the application's id is written down, to be looked up afterwards; of any other
-- its status and beginning, to be counted as the fault that it is.
function response(status, headers, content)
  local id = status == 200 and content:match('"id": *"(t%-%x+)"')
  answers:write(id or (status .. " " .. content:sub(1, 100):gsub("%s+", " ")), "\n")
end
