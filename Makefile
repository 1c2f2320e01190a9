# Stackless for Go. `make` alone lists what there is.

STATICCHECK = honnef.co/go/tools/cmd/staticcheck@v0.8.2
BENCHSTAT   = golang.org/x/perf/cmd/benchstat@latest
FUZZTIME   ?= 1m
COUNT      ?= 5

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

bench: ## every figure beside a goroutine's, as medians of COUNT runs (5)
	go test ./benchmarks -run '^$$' -bench . -benchmem -count $(COUNT) -timeout 60m > bin/bench.txt || { cat bin/bench.txt; exit 1; }
	go run $(BENCHSTAT) bin/bench.txt
bench: | bin

fuzz: ## random programs against the model, for FUZZTIME (1m)
	go test ./sched -run '^$$' -fuzz FuzzModel -fuzztime $(FUZZTIME)

cover: ## how much of each package the tests reach
	go test -short -coverpkg ./tasklet,./channel,./sched,./cmd/... -coverprofile bin/coverage.out ./... > /dev/null
	go tool cover -func bin/coverage.out | awk '{print}' | tail -n 1
	go tool cover -html bin/coverage.out -o bin/coverage.html
cover: | bin

units: ## threads and tasklets beside Python, Erlang, Lua, greenlet and Stackless, where installed
	go run ./cmd/memcmp --exec 'python-thread=python3 testdata/units/threads.py {n}'

bin:
	@mkdir -p bin
