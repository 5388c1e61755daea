# Dipper's commands. `make` alone lists them. Demo and tests share one build profile, so dependencies compile once.

SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.NOTPARALLEL:

# In CI the lock file is taken as it is committed.
LOCKED := $(if $(CI),--locked)
XTASK := cargo run $(LOCKED) -p xtask --
# Extra arguments for demo and bench, e.g. make demo ARGS="--port 9000".
ARGS ?=
# Policy packs of the demo, folders or built-in names: make demo POLICY="my-city/2025".
POLICY ?=
# Seconds for each fuzz target of `make fuzz`.
FUZZ_SECONDS ?= 60
FUZZ_SMOKE_SECONDS := 10

step = @printf '\n==> %s  [%s]\n' "$(1)" "$$(date +%T)"

.PHONY: help
help: ## list the commands
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

.PHONY: demo
demo: build ## a filled hospital to look at
	$(call step,demo)
	@cargo run -q $(LOCKED) -p dipper -- demo $(addprefix --policy ,$(POLICY)) $(ARGS)

# Before everything that compiles, since the product links against DuckDB's library and holds the scripts of its pages.
# Some milliseconds when all is there.
.PHONY: tools
tools: ## fetch the DuckDB library and the pages' scripts, once for a machine
	@scripts/duckdb-library
	@scripts/front-end-libraries

.PHONY: build
build: tools ## compile the product
	$(call step,build: the first time compiles the dependencies and takes some minutes)
	@cargo build $(LOCKED) -p dipper

# The test runner comes last: its closing line is the one that counts.
.PHONY: test
test: fmt-check tidy coverage clippy rustdoc doctest fuzz-smoke browser-test unit ## everything that CI runs
	$(call step,all checks and tests passed)

.PHONY: bench
bench: tools ## the performance table, optimised build
	$(call step,bench)
	@scripts/test-servers run cargo run --release $(LOCKED) -p dipper -- bench $(ARGS)

.PHONY: fuzz
fuzz: ## feed the parsers with made-up bytes, FUZZ_SECONDS each
	$(call step,fuzz: $(FUZZ_SECONDS) s for each target)
	@scripts/fuzz $(FUZZ_SECONDS)

.PHONY: fmt-check
fmt-check: ## formatting
	$(call step,formatting)
	@cargo fmt --all --check

.PHONY: tidy
tidy: ## the house rules: arrows, purity, licences, pages, links
	$(call step,house rules)
	@$(XTASK) tidy

.PHONY: coverage
coverage: ## how many requirements have a test and a page
	$(call step,coverage of the requirements)
	@$(XTASK) coverage --summary

.PHONY: clippy
clippy: tools ## lints, warnings are errors
	$(call step,clippy)
	@cargo clippy $(LOCKED) --workspace --all-targets -- -D warnings

.PHONY: rustdoc
rustdoc: tools ## the API documentation and its links
	$(call step,rustdoc)
	@RUSTDOCFLAGS="-D warnings" cargo doc $(LOCKED) --workspace --no-deps

# Their binaries are linked by rustdoc, without the rpath of .cargo/config.toml.
.PHONY: doctest
doctest: tools ## examples in the documentation
	$(call step,documentation tests)
	@LD_LIBRARY_PATH=$(CURDIR)/.tools/duckdb cargo test $(LOCKED) --workspace --doc

.PHONY: fuzz-smoke
fuzz-smoke:
	$(call step,fuzz smoke: $(FUZZ_SMOKE_SECONDS) s for each target)
	@if [ -d fuzz ]; then scripts/fuzz $(FUZZ_SMOKE_SECONDS); else echo "skipped: there is no folder fuzz/"; fi

.PHONY: browser-test
browser-test: build ## the pages in Chromium, under masks of IE 10 and 11, without scripts and in an old engine
	$(call step,browser tests)
	@scripts/browser-tests $(ARGS)

# With a PostgreSQL and a MariaDB: DIPPER_TEST_POSTGRES and DIPPER_TEST_MARIADB name them.
.PHONY: unit
unit: tools ## unit and integration tests
	$(call step,tests)
	@if cargo nextest --version >/dev/null 2>&1; then \
		scripts/test-servers run cargo nextest run $(LOCKED) --workspace --no-fail-fast; \
	else \
		scripts/test-servers run cargo test $(LOCKED) --workspace --lib --bins --tests --no-fail-fast; \
	fi
