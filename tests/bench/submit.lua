-- Applications for wrk, one request each, with a key and a reserved name of its own.
-- Arguments: token, a prefix that no other turn has, the file for the ids of acknowledged ones.
local number = 0
local body = [[{"thing":"enterprise_startup","division":"330106","form":{"reservation_id":"n-%s",]]
  .. [["name":"杭州西湖区潮信软件有限公司","industry":"软件和信息技术服务业",]]
  .. [["registered_capital":100000000,"address":"浙江省杭州市西湖区灵隐街道示范路1号",]]
  .. [["employees":8}}]]

function init(arguments)
  token, prefix = arguments[1], arguments[2]
  acknowledged = io.open(arguments[3], "w")
  wrk.method = "POST"
  wrk.headers["Content-Type"] = "application/json"
  wrk.headers["Authorization"] = "Bearer " .. token
end

function request()
  number = number + 1
  local key = prefix .. number
  wrk.headers["Idempotency-Key"] = key
  return wrk.format(nil, "/api/digital_government/SubmitOneThing", nil, body:format(key))
end

function response(status, headers, content)
  -- What is not a reply is written down as it came, so that it is counted as the fault it is.
  local id = status == 200 and content:match('"id": *"(t%-%x+)"')
  acknowledged:write(id or (status .. " " .. content:sub(1, 200):gsub("%s+", " ")), "\n")
end
