# The front door. `make` says what there is.
.DEFAULT_GOAL := help
.PHONY: help demo pages test web lint docs bench tools

help: ## Say what there is
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/  make \1\t\2/p' Makefile | expand -t 16

demo: pages ## Start a throw-away server and print two links; LAN=1: for a phone in the same network, too
	cargo run --quiet -- demo $(if $(LAN),--lan)

pages: ## Build the pages for doctors and patients; the program takes them in
	@scripts/tools.sh node
	@cd web && { [ node_modules/.package-lock.json -nt package-lock.json ] || npm ci --no-audit --no-fund; }
	cd web && npm run build

test: tools lint web ## Check everything and run every test
	cargo test --workspace --no-fail-fast

# Built as the tests of Rust are, which need the same program: otherwise everything beneath it would be built twice.
web: ## Check and test what runs in browsers, against the server as it is now
	cargo test --quiet --workspace --no-run
	cd web && npm ci --no-audit --no-fund && npm run check && npm test

lint: ## Check form, lints, licences and what is depended on
	cargo fmt --all --check
	cargo clippy --workspace --all-targets --quiet -- -D warnings
	RUSTDOCFLAGS='-D warnings' cargo doc --workspace --no-deps --quiet
	@command -v cargo-deny >/dev/null 2>&1 || cargo deny --version >/dev/null 2>&1 || scripts/tools.sh cargo-deny
	cargo deny --log-level error check bans licenses sources

docs: ## Write what is generated in docs/, and the documentation of the code
	BEDSIDE_WRITE_DOCS=1 cargo test --quiet --test generated
	@scripts/tools.sh node chromium
	cd web && npm ci --no-audit --no-fund && npm run generate && npm run screenshots --workspace e2e
	RUSTDOCFLAGS='-D warnings' cargo doc --workspace --no-deps

bench: ## Measure speed and size beside Node's socket.io
	bench/run.sh

tools: ## Install what the tests use and what is missing
	@scripts/tools.sh postgresql nginx coturn node python openssl ffmpeg chromium firefox systemd cargo-deny
