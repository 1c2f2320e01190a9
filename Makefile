# Stackless for Go. `make` alone lists what there is.

STATICCHECK = honnef.co/go/tools/cmd/staticcheck@v0.8.2
BENCHSTAT   = golang.org/x/perf/cmd/benchstat@latest
FUZZTIME   ?= 1m
COUNT      ?= 6

.DEFAULT_GOAL := help
.PHONY: help test race cross lint bench compare fuzz cover units

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "  make %-7s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

test: ## vet, all tests, and all again under the race detector
	go vet ./...
	go test ./...
	go test -race -short ./...

race: ## all tests at their full length under the race detector
	go test -race ./...

# What pickles, and what is pickled.
PORTABLE = ./pickle ./tasklet ./channel ./wait ./sched

cross: ## pickles load and run to the same end on 386, arm64 and big-endian s390x (needs Debian's qemu-user-static)
	GOARCH=386 CGO_ENABLED=0 go test -short $(PORTABLE)
	GOARCH=arm64 CGO_ENABLED=0 go test -short -exec qemu-aarch64-static $(PORTABLE)
	GOARCH=s390x CGO_ENABLED=0 go test -short -exec qemu-s390x-static $(PORTABLE)

lint: ## gofmt, vet and staticcheck, all clean
	@test -z "$$(gofmt -l .)" || { echo "gofmt would change:"; gofmt -l .; exit 1; }
	go vet ./...
	go run $(STATICCHECK) ./...

BENCH = go test ./benchmarks -run '^$$' -benchmem -timeout 60m

WORKLOADS = Create Yield PingPong Preference Stream FanIn FanOut Ring Pipeline Select Skynet Rings \
	Chameneos Sieve Timers Sleep Nap Deadline Await Mutex Buffer Pickle Collect

# Each has a process of its own: in one that has had goroutines, more of them seem to
# cost less, and the collector takes longer.
bench: | bin ## every figure beside a goroutine's, as medians of COUNT runs (6)
	$(BENCH) -bench '^Benchmark(Pickle)?Memory$$' > bin/bench.txt || { cat bin/bench.txt; exit 1; }
	@set -e; for w in $(WORKLOADS); do \
		$(BENCH) -bench "^Benchmark$$w$$" -benchtime 0.2s -count $(COUNT) >> bin/bench.txt || { cat bin/bench.txt; exit 1; }; \
	done
	go run $(BENCHSTAT) bin/bench.txt

# Needs nothing but Go; what it can measure beside, it says. COMPARE is for its flags,
# such as COMPARE='--only yield,pingpong'; see go run ./benchmarks/compare --help.
compare: ## the suite: all workloads beside goroutines and other languages, and docs/BENCHMARKS.md (10 minutes)
	go run ./benchmarks/compare $(COMPARE)

FUZZ = sched/FuzzModel sched/FuzzPickle sched/FuzzTimers wait/FuzzModel pickle/FuzzDecode \
	pickle/FuzzRoundTrip pickle/FuzzGolden pickle/FuzzInspect pickle/FuzzVocabulary store/FuzzHeader store/FuzzFileName \
	examples/handover/FuzzMessage

fuzz: ## random programs, graphs and bytes, each target for FUZZTIME (1m)
	@set -e; for f in $(FUZZ); do \
		go test ./$${f%/*} -run '^$$' -fuzz "^$${f#*/}$$" -fuzztime $(FUZZTIME); \
	done

cover: | bin ## how much of each package the tests reach
	go test -short -coverpkg ./pickle,./tasklet,./channel,./wait,./sched/...,./metrics,./store,./cmd/...,./benchmarks/compare -coverprofile bin/coverage.out ./... > /dev/null
	go tool cover -func bin/coverage.out | tail -n 1
	go tool cover -html bin/coverage.out -o bin/coverage.html

units: | bin ## memcmp beside Python, greenlet, Stackless, Lua and Erlang, where installed
	@if command -v erlc > /dev/null; then mkdir -p bin/peers/erlang && erlc -o bin/peers/erlang benchmarks/peers/erlang/*.erl; fi
	go run ./cmd/memcmp --counts 2,200,2000,20000 \
		--exec 'python threads=python3 benchmarks/peers/threads/threads.py {n}' \
		--exec 'greenlet=python3 benchmarks/peers/greenlet/peer.py units yield {n}' \
		--exec 'stackless=stackless-python benchmarks/peers/stackless/peer.py units yield {n}' \
		--exec 'lua=lua5.4 benchmarks/peers/lua/peer.lua units yield {n}' \
		--exec 'erlang=erl +S 1:1 +P 2097152 -noinput -pa bin/peers/erlang -run suite main -extra units blocked {n}'

bin:
	@mkdir -p bin
