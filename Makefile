# Gyges keeps its environment in .venv; every target sets up what it needs.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
STAMP_LOCAL := $(VENV)/.installed-local
PYTEST := $(BIN)/python -m pytest

.PHONY: demo test check audit fix pages bench snap test-fast test-local-models browser setup clean

demo: $(STAMP)
	$(BIN)/gyges demo

setup: $(STAMP)

$(STAMP): pyproject.toml constraints.txt
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[dev]'
	touch $@

# Torch is asked for by its exact version: any other spelling brings gigabytes of CUDA packages.
$(STAMP_LOCAL): $(STAMP)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check 'torch==2.13.0'
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[dev,local,bayes,ray]'
	touch $@

browser:
	@command -v chromium >/dev/null && command -v chromedriver >/dev/null || \
	  { [ "$$(id -u)" = 0 ] || { echo "The tests need Chromium: install chromium and chromium-driver." >&2; exit 1; }; \
	    apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq chromium chromium-driver >/dev/null; }

# All tests in one run, so that the last line printed is the runner's own.
test: $(STAMP) $(STAMP_LOCAL) browser
	$(PYTEST) -n 2 --runslow --runlocal --runbayes --runray

test-fast: $(STAMP)
	$(PYTEST) -n 2

test-local-models: $(STAMP_LOCAL)
	$(PYTEST) --runlocal -m local_models

check: $(STAMP)
	$(BIN)/ruff check src tests benchmarks
	$(BIN)/ruff format --check src tests benchmarks
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/gyges scenarios check

# Insecure code, and what is known against the packages installed: where no index answers, that is said.
audit: $(STAMP)
	$(BIN)/bandit --quiet --recursive --configfile pyproject.toml src
	@rm -f .audit.txt; $(BIN)/pip-audit --progress-spinner off --skip-editable --timeout 15 --output .audit.txt; \
	  status=$$?; if [ -s .audit.txt ]; then cat .audit.txt; exit $$status; fi; \
	  [ $$status -eq 0 ] || echo "audit: no index answered, so nothing is known of the packages." >&2

fix: $(STAMP)
	$(BIN)/ruff check --fix src tests benchmarks
	$(BIN)/ruff format src tests benchmarks

snap: $(STAMP)
	$(PYTEST) --inline-snapshot=review

# One page a scenario, from the scenarios' files.
pages: $(STAMP)
	$(BIN)/python docs/write_pages.py

bench: $(STAMP)
	for script in benchmarks/bench_*.py; do $(BIN)/python $$script || exit 1; done

clean:
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .audit.txt
