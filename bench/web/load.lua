-- load.lua: what wrk asks, operation by operation. bench/web/run tells the operation, the prefix of the paths, and a file of customers.
local operation, prefix = os.getenv("BENCH_OPERATION"), os.getenv("BENCH_PREFIX")
local customers = dofile(os.getenv("BENCH_CUSTOMERS"))
local requests, turn, count, begun = {}, 0, 0, ""

local function get(customer, path)
	return wrk.format("GET", prefix .. "/api/v1/accounts/" .. customer.account .. path, {["Cookie"] = customer.cookie})
end

-- Each thread of wrk runs this once: what can be written before the clock starts is.
function init(args)
	local random = io.open("/dev/urandom", "rb")
	local seed = 0
	for _, byte in ipairs({random:read(7):byte(1, 7)}) do
		begun = begun .. string.format("%02x", byte)
		seed = (seed * 256 + byte) % 2147483647
	end
	random:close()
	math.randomseed(seed)
	for _, customer in ipairs(customers) do
		if operation == "balance" then
			requests[#requests + 1] = get(customer, "/balance")
		elseif operation == "page" and customer.entries >= 50 then
			requests[#requests + 1] = get(customer, "/transactions?limit=50")
		end
	end
	turn = math.random(math.max(#requests, 1))
end

-- A uuid of version 4 that nobody made before: 56 bits of this thread's, and a count.
local function uuid()
	count = count + 1
	return string.format("%s-%s-4%s-8%03x-%012x", begun:sub(1, 8), begun:sub(9, 12), begun:sub(12, 14), math.random(0, 4095), count)
end

local function transfer()
	local from = customers[math.random(#customers)]
	local to = customers[math.random(#customers)]
	while to == from do
		to = customers[math.random(#customers)]
	end
	local body = string.format('{"transfer_uuid":"%s","debit_account_id":%d,"credit_account_no":"%s","amount_minor":%d,"currency_code":"RUB"}',
		uuid(), from.account, to.account_no, math.random(100))
	return wrk.format("POST", prefix .. "/api/v1/transfers", {["Cookie"] = from.cookie, ["Content-Type"] = "application/json"}, body)
end

function request()
	if operation == "transfer" then
		return transfer()
	end
	turn = turn % #requests + 1
	return requests[turn]
end

function done(summary, latency)
	local errors = summary.errors
	io.write(string.format('\nRESULT {"requests":%d,"micros":%d,"failed":%d,"p50":%d,"p99":%d,"max":%d}\n', summary.requests, summary.duration,
		errors.status + errors.connect + errors.read + errors.write + errors.timeout,
		latency:percentile(50), latency:percentile(99), latency.max))
end
