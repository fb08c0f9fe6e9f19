# One entry for everything: make setup | install | demo | run | test | check | drill | bench | fix | pins
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
# Processes that share the tests; with one core two still overlap their waiting.
WORKERS ?= 2

.PHONY: setup install demo run test check drill bench bench-setup fix pins browser messages clean

setup: $(VENV)/.ready

$(VENV)/.ready: requirements-dev.txt pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Python 3.11 or newer is needed."; exit 1; }
	@$(PYTHON) -m venv $(VENV) 2>/dev/null || { echo "Python has no venv. On Debian or Ubuntu: apt-get install -y python3-venv"; exit 1; }
	@echo "Installing the pinned packages into $(VENV) ..."
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.txt
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@

# For a server: what the bot runs on, and no tools to develop it with. Again after each upgrade.
install:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Python 3.11 or newer is needed."; exit 1; }
	@$(PYTHON) -m venv $(VENV) 2>/dev/null || { echo "Python has no venv. On Debian or Ubuntu: apt-get install -y python3-venv"; exit 1; }
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --no-index --editable .

demo: setup
	$(BIN)/thidua demo

run: setup
	$(BIN)/thidua run

# A browser for the page's tests: an installed Chromium, else Debian's when we may install it.
browser:
	@command -v chromium >/dev/null || command -v chromium-browser >/dev/null || command -v google-chrome >/dev/null || \
	  { [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null && apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq chromium >/dev/null; } || \
	  echo "No Chromium: the page's tests will be skipped (with CI=true they fail)."

check: setup
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

test: setup browser check
	$(BIN)/python -m pytest --numprocesses $(WORKERS) --dist worksteal

# Kill it, cut its network, fill its disk: the long form of what `make test` does shortly.
drill: setup
	DRILL=full $(BIN)/python -m pytest tests/drill -s

# The yardsticks (bare python-telegram-bot, aiogram) live in an environment of their own.
bench-setup: setup $(VENV)/yardsticks/.ready

$(VENV)/yardsticks/.ready: tests/bench/yardsticks.txt
	@$(PYTHON) -m venv $(VENV)/yardsticks
	@$(VENV)/yardsticks/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r tests/bench/yardsticks.txt
	@touch $@

# Speed as ratios, side by side in one run; BENCH=full takes longer and is steadier.
bench: bench-setup
	$(BIN)/python -m tests.bench

fix: setup
	$(BIN)/ruff check --fix .

# Bring the catalogues up to date with the source (then translate what is new in locales/vi).
messages: setup
	$(BIN)/pybabel -q extract -k m -k mn:1,2 -k mc:1c,2 --no-location --sort-output -o locales/thidua.pot bot handlers
	$(BIN)/pybabel -q update -D thidua -i locales/thidua.pot -d locales -l vi --no-fuzzy-matching --ignore-obsolete

# New versions of the pinned packages: needs uv.
pins:
	uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-annotate --custom-compile-command "make pins" pyproject.toml --extra build -o requirements.txt
	uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-annotate --custom-compile-command "make pins" pyproject.toml --extra build --extra dev -o requirements-dev.txt

clean:
	rm -rf $(VENV) build *.egg-info .mypy_cache .ruff_cache .hypothesis .import_linter_cache
