# From a bare checkout with python3 (3.11 or newer) and make:  make test
#
#   make demo    run examples/demo.py; what it draws and prints goes to demo/
#   make test    run the tests
#   make check   lint, format, types, import layers
#   make lock    write requirements.lock anew from pyproject.toml
#   make clean   remove all that these made
#
# Each target sets up .venv for itself, when it is missing or older than its two sources.

PYTHON = python3
PIP_INSTALL = -m pip install -qq --disable-pip-version-check

.DEFAULT_GOAL = test
.PHONY: demo test check lock clean

demo: .venv/.installed
	.venv/bin/python examples/demo.py

test: .venv/.installed
	OMP_NUM_THREADS=1 .venv/bin/python -m pytest

check: .venv/.installed
	.venv/bin/ruff check .
	.venv/bin/ruff format --check .
	.venv/bin/mypy
	.venv/bin/lint-imports --no-logo

# The stamp comes last: an install that failed or was interrupted is begun afresh.
.venv/.installed: requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "extremum needs Python 3.11 or newer: make PYTHON=...")'
	@echo "Setting up .venv from requirements.lock ..."
	@$(PYTHON) -m venv --clear .venv
	@.venv/bin/python $(PIP_INSTALL) -r requirements.lock
	@.venv/bin/python $(PIP_INSTALL) --no-deps --no-build-isolation -e .
	@touch $@

# Resolved on the oldest Python that is supported, the lock serves the newer ones too.
# The new lock replaces the old one only when it is complete and every line of it is a pin.
lock:
	@echo "Resolving the newest versions that pyproject.toml allows ..."
	@set -e; \
	tmp=$$(mktemp -d); trap 'rm -rf "$$tmp"' EXIT; trap 'exit 1' HUP INT TERM; \
	$(PYTHON) -m venv "$$tmp/venv"; \
	"$$tmp/venv/bin/python" $(PIP_INSTALL) '.[dev]'; \
	"$$tmp/venv/bin/python" -m pip freeze --disable-pip-version-check \
	    --exclude extremum --exclude pip --exclude setuptools >"$$tmp/frozen"; \
	tr 'A-Z_' 'a-z-' <"$$tmp/frozen" | LC_ALL=C sort -t= -k1,1 >"$$tmp/lock"; \
	test -s "$$tmp/lock"; \
	if grep -v '^[a-z0-9.-]*==[a-z0-9.]*$$' "$$tmp/lock"; then echo "not a pin: see above" >&2; exit 1; fi; \
	cat "$$tmp/lock" >requirements.lock; \
	echo "requirements.lock: $$(grep -c . requirements.lock) packages"

clean:
	rm -rf .venv demo build dist .hypothesis .import_linter_cache .mypy_cache .pytest_cache .ruff_cache
	find src tests examples benchmarks -name __pycache__ -type d -prune -exec rm -rf {} + 2>/dev/null || true
