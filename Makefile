# The commands that README.md names. Each can be run on a fresh machine with Rust, Node and a C compiler.

SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.ONESHELL:
.DEFAULT_GOAL := help

TARGET := $(or $(CARGO_TARGET_DIR),$(CURDIR)/target)
VENV := $(TARGET)/venv
WEB := builder/web
BROWSER := tests/browser
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
test: web peers browser check ## Everything that must hold
	export PATH="$(VENV)/bin:$$PATH" HEIRLOOM_PYTHON="$(VENV)/bin/python" HEIRLOOM_CHROMIUM="$$(command -v chromium || command -v chromium-browser || command -v google-chrome || true)"
	"$(VENV)/bin/python" tests/peers/with_moto.py cargo test --locked --workspace
	cargo build --locked --package heirloom-verifier
	VERIFIER="$(TARGET)/debug/libverifier.so" node --test edge-auth/verifier/verifier.test.mjs

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
bench: build ## How it feels: cold start, and a dropped photo until it is on the page
	cargo run --locked --quiet --package heirloom-tests --example feel -- "$(TARGET)/debug/heirloom"

# What our pages are measured against: sigal (PyPI) and thumbsup (npm), which wants GraphicsMagick and ExifTool.
BENCH := $(TARGET)/bench
COUNTS ?= 200 2000 20000

.PHONY: bench-pages
bench-pages: build $(BENCH)/.stamp ## Pages against sigal and thumbsup over the same photos; COUNTS="200 2000" for fewer
	cargo run --locked --quiet --package heirloom-tests --example pages -- "$(BENCH)" "$(BENCH)/venv/bin/sigal" "$(BENCH)/thumbsup/node_modules/.bin/thumbsup" $(COUNTS)
	"$(BENCH)/venv/bin/python" tests/bench/plot.py "$(BENCH)"

$(BENCH)/.stamp: tests/bench/requirements.txt
	mkdir -p "$(BENCH)/thumbsup"
	python3 -m venv "$(BENCH)/venv"
	"$(BENCH)/venv/bin/pip" install --quiet --disable-pip-version-check --requirement tests/bench/requirements.txt
	for program in gm exiftool; do
		if ! command -v $$program >/dev/null; then
			echo "make bench-pages measures thumbsup, which needs $$program: apt-get install graphicsmagick libimage-exiftool-perl" >&2; exit 1
		fi
	done
	npm --prefix "$(BENCH)/thumbsup" install --no-audit --no-fund --loglevel=error thumbsup@2.18.0
	npm --prefix "$(BENCH)/thumbsup" rebuild --loglevel=error better-sqlite3
	touch $@

.PHONY: deny
deny: ## Licences and advisories of every dependency (needs cargo-deny)
	cargo deny --locked check

.PHONY: clean-demo
clean-demo: ## Forget the demo gallery
	rm -rf -- "$(DATA)"
