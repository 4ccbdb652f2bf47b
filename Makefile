# The commands that README.md names. Each can be run on a fresh machine with Rust, Node and a C compiler.

SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.ONESHELL:
.DEFAULT_GOAL := help

TARGET := $(or $(CARGO_TARGET_DIR),$(CURDIR)/target)
VENV := $(TARGET)/venv
WEB := builder/web
BROWSER := tests/browser
BENCH := tests/bench/verifier
EDGE := edge-auth/verifier
DATA ?= demo-data
# The demo can listen elsewhere: make demo PORT=8090 S3_PORT=9090
PORT ?= 8080
S3_PORT ?= 9000

.PHONY: help
help: ## What can be made
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):[^#]*## (.*)/  make \1\t\2/' | expand -t 20

.PHONY: demo
demo: build ## A gallery with sample photos on this machine; PHOTOS=folder shows your own
	"$(TARGET)/debug/heirloom" demo --data "$(DATA)" --port $(PORT) --s3-port $(S3_PORT) $(if $(PHOTOS),--photos "$(PHOTOS)")

.PHONY: build
build: web ## The `heirloom` command, with the web assets in it
	cargo build --locked --package heirloom

.PHONY: web
web: $(WEB)/dist/manifest.json ## The site's scripts and stylesheets

$(WEB)/dist/manifest.json: $(WEB)/node_modules/.stamp $(shell find $(WEB) -type f -not -path '*/node_modules/*' -not -path '*/dist/*' 2>/dev/null)
	npm --prefix $(WEB) run --silent build
	touch $@

$(WEB)/node_modules/.stamp: $(WEB)/package-lock.json
	npm --prefix $(WEB) ci --no-audit --no-fund --loglevel=error
	touch $@

.PHONY: check
check: web ## Formatting and lints
	cargo fmt --all --check
	cargo clippy --locked --workspace --all-targets -- -D warnings
	npm --prefix $(WEB) test --silent

.PHONY: test
test: web peers browser check edge-test ## Everything that must hold
	export PATH="$(VENV)/bin:$$PATH" HEIRLOOM_PYTHON="$(VENV)/bin/python" HEIRLOOM_CHROMIUM="$$(command -v chromium || command -v chromium-browser || command -v google-chrome || true)"
	"$(VENV)/bin/python" tests/peers/with_moto.py cargo test --locked --workspace

# Whose tokens the bundle believes: what `heirloom keys public` prints. Without it the bundle is for tests.
CONFIGURATION ?= $(EDGE)/tests/configuration.json

.PHONY: edge
edge: $(VENV)/.edge-stamp ## The function for Lambda@Edge; CONFIGURATION=file for your keys
	"$(VENV)/bin/python" $(EDGE)/package.py "$(CONFIGURATION)"

.PHONY: edge-test
edge-test: $(VENV)/.edge-stamp ## The function for Lambda@Edge, packed and tested
	"$(VENV)/bin/python" $(EDGE)/package.py $(EDGE)/tests/configuration.json --zip "$(TARGET)/edge/test.zip"
	BUNDLE="$(TARGET)/edge/test.zip" "$(VENV)/bin/python" $(EDGE)/tests/package_test.py
	cargo build --locked --package heirloom-verifier --features panics
	"$(VENV)/bin/python" -m zipfile --extract "$(TARGET)/edge/test.zip" "$(TARGET)/edge/test"
	VERIFIER="$(TARGET)/edge/test/verifier.node" VERIFIER_THAT_PANICS="$(TARGET)/debug/libverifier.so" node --test $(EDGE)/tests/

$(VENV)/.edge-stamp: $(EDGE)/requirements.txt
	python3 -m venv "$(VENV)"
	"$(VENV)/bin/pip" install --quiet --disable-pip-version-check --requirement $(EDGE)/requirements.txt
	touch $@

.PHONY: peers
peers: $(VENV)/.stamp ## S3 clients and servers that are not ours, for the tests

$(VENV)/.stamp: tests/peers/requirements.txt
	if ! python3 -c 'import venv, ensurepip' 2>/dev/null; then
		echo "make test needs Python 3 with venv: apt-get install python3 python3-venv" >&2; exit 1
	fi
	python3 -m venv "$(VENV)"
	"$(VENV)/bin/pip" install --quiet --disable-pip-version-check --requirement tests/peers/requirements.txt
	touch $@

.PHONY: browser
browser: $(BROWSER)/node_modules/.stamp ## A browser and what drives it, for the tests
	if ! command -v chromium >/dev/null && ! command -v chromium-browser >/dev/null && ! command -v google-chrome >/dev/null; then
		if command -v apt-get >/dev/null && [ "$$(id -u)" = 0 ]; then
			apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq chromium >/dev/null
		else
			echo "make test needs Chromium: sudo apt-get install chromium (or any package that gives the command chromium)" >&2; exit 1
		fi
	fi

$(BROWSER)/node_modules/.stamp: $(BROWSER)/package-lock.json
	npm --prefix $(BROWSER) ci --no-audit --no-fund --loglevel=error
	touch $@

.PHONY: bench
bench: build bench-edge ## How it feels: cold start, a dropped photo until it is on the page, the function at the edge
	cargo run --locked --quiet --package heirloom-tests --example feel -- "$(TARGET)/debug/heirloom"

.PHONY: bench-edge
bench-edge: edge-test $(BENCH)/node_modules/.stamp ## The function at the edge against its budget
	cargo build --locked --quiet --release --package heirloom-session --example raw_verification
	node $(BENCH)/bench.mjs "$(TARGET)/edge/test.zip" "$(TARGET)/release/examples/raw_verification"

$(BENCH)/node_modules/.stamp: $(BENCH)/package-lock.json
	npm --prefix $(BENCH) ci --no-audit --no-fund --loglevel=error
	touch $@

# How long each fuzz target runs: make fuzz SECONDS=600
SECONDS ?= 60

.PHONY: fuzz
fuzz: ## Each parser of what strangers send, fuzzed (needs the nightly compiler and cargo-fuzz); SECONDS=60 each
	for target in $$(cargo +nightly fuzz list --fuzz-dir fuzz); do
		mkdir -p "fuzz/corpus/$$target"
		cargo +nightly fuzz run --fuzz-dir fuzz "$$target" "fuzz/corpus/$$target" "fuzz/seeds/$$target" -- \
			-max_total_time=$(SECONDS) -max_len=4096 -timeout=5 -rss_limit_mb=1024 -print_final_stats=1
	done

.PHONY: mutants
mutants: ## Which changes to the gate no test notices (needs cargo-mutants; an hour)
	cargo mutants --package heirloom-session --jobs 1 --timeout 120 --output "$(TARGET)"

.PHONY: deny
deny: ## Licences and advisories of every dependency (needs cargo-deny)
	cargo deny --locked check

.PHONY: clean-demo
clean-demo: ## Forget the demo gallery
	rm -rf -- "$(DATA)"
