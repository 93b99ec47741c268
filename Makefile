# Everything CI runs, a developer runs. `make` alone lists what there is.
GO     := go
BIN    := bin
TOOLS  := $(BIN)/tools/.installed
NEEDGO := 1.26
CONFIG := pipeline.yaml

.DEFAULT_GOAL := help

.PHONY: help
help: ## list what make can do
	@echo "Marsad: watch the news on Iraq and Syria."; echo
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-13s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

.PHONY: run
run: build ## build and run the daemon with pipeline.yaml
	@exec $(BIN)/marsad run --config $(CONFIG)

.PHONY: demo
demo: build ## build and run on invented sample feeds, without network
	@exec $(BIN)/marsad demo

.PHONY: build
build: go-version ## build bin/marsad
	@sh internal/tools/build.sh $(BIN)/marsad

.PHONY: test
test: go-version ## all tests, without network; under 5 minutes
	CGO_ENABLED=0 $(GO) test ./...

.PHONY: check
check: lint ## lint, then all tests under the race detector: the whole gate
	CGO_ENABLED=1 $(GO) test -race -timeout 20m ./...

.PHONY: lint
lint: $(TOOLS) ## formatting, layers, dead code, go.mod
	$(BIN)/tools/golangci-lint run --allow-parallel-runners ./...
	@out=$$($(BIN)/tools/golangci-lint fmt --diff); [ -z "$$out" ] || { echo "$$out"; echo "run: make fmt"; exit 1; }
	$(GO) mod tidy -diff
	@out=$$($(BIN)/tools/deadcode -test ./...); [ -z "$$out" ] || { echo "$$out"; exit 1; }

.PHONY: fmt
fmt: $(TOOLS) ## format the code
	$(BIN)/tools/golangci-lint fmt

.PHONY: bench
bench: ## benchmarks of every part; compare runs with bin/tools/benchstat
	$(GO) test -run '^$$' -bench . -benchmem ./... | tee bench.txt

.PHONY: bench-replay
bench-replay: ## ten days of news through all stages, beside Bleve alone (docs/performance.md)
	$(GO) test -run '^$$' -bench ReplayNews -benchtime 1x -count 3 -timeout 30m ./pipeline

.PHONY: bench-tag
bench-tag: ## tagging part by part, beside general Aho-Corasick libraries (docs/performance.md)
	$(GO) test -run '^$$' -bench 'Floor|Tagging|Load' ./text ./tagger
	$(GO) -C internal/tools/acbench test -run '^$$' -bench General

.PHONY: quality
quality: ## how well the built-in rules tag labelled items, by kind and language
	$(GO) test ./rules -run Quality -v -count 1

.PHONY: simulate
simulate: ## a day of 10,000 simulated feeds (docs/performance.md); some minutes
	MARSAD_SIMULATE=10000 $(GO) test -run 'SimulatedWeb$$' -v -timeout 60m ./ingest

.PHONY: torture
torture: build ## the long crash, power and full-disk tests (docs/reliability.md); as root
	MARSAD_TORTURE=1 $(GO) test -run 'Crash|Kill|Full' -v -timeout 60m ./bus ./index ./pipeline ./cmd/marsad

.PHONY: fuzz
FUZZTIME := 10s
fuzz: ## every fuzz target for FUZZTIME (10s)
	@for p in $$($(GO) list ./...); do \
	  for f in $$($(GO) test -list '^Fuzz' $$p | grep ^Fuzz); do \
	    echo "$$p $$f"; $(GO) test -run '^$$' -fuzz "^$$f$$" -fuzztime $(FUZZTIME) $$p || exit 1; \
	  done; done

.PHONY: golden
golden: ## rewrite golden files; then read the diff
	@for p in $$(grep -rl --include=*_test.go 'flag.Bool("update"' . | xargs -n1 dirname | sort -u); do \
	  $(GO) test $$p -update || exit 1; done

.PHONY: vuln
vuln: $(TOOLS) ## known vulnerabilities; needs the network, or VULNDB=file:///path
	$(BIN)/tools/govulncheck $(if $(VULNDB),-db $(VULNDB)) ./...

$(TOOLS): internal/tools/go.mod internal/tools/go.sum
	@echo "installing the pinned tools (first time: about 2 minutes on 2 cores)"
	@mkdir -p $(BIN)/tools
	GOBIN=$(CURDIR)/$(BIN)/tools $(GO) -C internal/tools install tool
	@touch $@

.PHONY: go-version
go-version:
	@command -v $(GO) >/dev/null || { echo "Go is missing: install Go $(NEEDGO) or newer"; exit 1; }
	@v=$$($(GO) env GOVERSION | sed 's/^go//'); \
	  printf '%s\n%s\n' "$(NEEDGO)" "$$v" | sort -V -C || { echo "Go $$v is too old: install Go $(NEEDGO) or newer"; exit 1; }

.PHONY: clean
clean: ## remove what was built; data/ stays
	rm -rf $(BIN) bench.txt
