# Stackless for Go. `make` alone lists what there is.

STATICCHECK = honnef.co/go/tools/cmd/staticcheck@v0.8.2
BENCHSTAT   = golang.org/x/perf/cmd/benchstat@latest
FUZZTIME   ?= 1m
COUNT      ?= 6

.DEFAULT_GOAL := help
.PHONY: help test race lint bench fuzz cover units

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "  make %-7s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

test: ## vet, all tests, and all again under the race detector
	go vet ./...
	go test ./...
	go test -race -short ./...

race: ## all tests at their full length under the race detector
	go test -race ./...

lint: ## gofmt, vet and staticcheck, all clean
	@test -z "$$(gofmt -l .)" || { echo "gofmt would change:"; gofmt -l .; exit 1; }
	go vet ./...
	go run $(STATICCHECK) ./...

BENCH = go test ./benchmarks -run '^$$' -benchmem -timeout 60m

# Memory has a process of its own: in one that has had goroutines, more of them
# seem to cost less.
bench: | bin ## every figure beside a goroutine's, as medians of COUNT runs (6)
	$(BENCH) -bench Memory > bin/bench.txt || { cat bin/bench.txt; exit 1; }
	$(BENCH) -bench 'Yield|PingPong|Stream|Spawn|Skynet|Sleep' -benchtime 0.5s -count $(COUNT) >> bin/bench.txt || { cat bin/bench.txt; exit 1; }
	go run $(BENCHSTAT) bin/bench.txt

fuzz: ## random programs against the model, for FUZZTIME (1m)
	go test ./sched -run '^$$' -fuzz FuzzModel -fuzztime $(FUZZTIME)

cover: | bin ## how much of each package the tests reach
	go test -short -coverpkg ./tasklet,./channel,./sched,./cmd/... -coverprofile bin/coverage.out ./... > /dev/null
	go tool cover -func bin/coverage.out | tail -n 1
	go tool cover -html bin/coverage.out -o bin/coverage.html

units: ## memcmp beside Python, greenlet, Stackless, Lua and Erlang, where installed
	go run ./cmd/memcmp --counts 2,200,2000,20000 \
		--exec 'python threads=python3 testdata/units/threads.py {n}' \
		--exec 'greenlet=python3 testdata/units/greenlets.py {n}' \
		--exec 'stackless=stackless-python testdata/units/stackless.py {n}' \
		--exec 'lua=lua5.4 testdata/units/coroutines.lua {n}' \
		--exec 'erlang=escript testdata/units/processes.erl {n}'

bin:
	@mkdir -p bin
