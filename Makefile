# Every target sets itself up: Python 3.11, git and make are all it needs.
PYTHON ?= python3
BIN := .venv/bin

.PHONY: demo test contract github-facts browser check format lint types imports bench accuracy docs pictures lock clean

.venv/ready: requirements-dev.lock pyproject.toml
	$(PYTHON) -m venv .venv
	$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --require-hashes -r requirements-dev.lock
	$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	touch $@

demo: .venv/ready
	@$(BIN)/prodgate demo

test: .venv/ready
	$(BIN)/pytest -n logical --maxprocesses 4 --dist worksteal

# Needs npm and a package index: whole published descriptions, and an installation from the lock alone.
contract: .venv/ready
	$(BIN)/pytest -m contract

# Needs npm. Draws anew what the tests know of GitHub's API from the newest descriptions.
github-facts: .venv/ready
	$(BIN)/python -m tests.github.contract.extract

# Needs Chromium or Chrome.
browser: .venv/ready
	$(BIN)/pytest -m browser

check: format lint types imports test contract browser

format: .venv/ready
	$(BIN)/ruff format --check .

lint: .venv/ready
	$(BIN)/ruff check .

types: .venv/ready
	$(BIN)/mypy

imports: .venv/ready
	$(BIN)/lint-imports

bench: .venv/ready
	$(BIN)/python -m bench

# The rules' own examples; with DEVSET=folder MIRRORS=folder the scoring scripts of a labelled set too.
accuracy: .venv/ready
	$(BIN)/python -m bench.accuracy $(if $(DEVSET),--labels $(DEVSET)) $(if $(MIRRORS),--mirrors $(MIRRORS))

docs: .venv/ready
	$(BIN)/prodgate schema > docs/prodgate.schema.json

# Needs Chromium or Chrome.
pictures: .venv/ready
	$(BIN)/python -m tests.browser.pictures

# Needs uv. Locks hold names, versions and hashes, never an address.
COMPILE := uv pip compile --quiet --universal --generate-hashes --no-header --python-version 3.11
lock:
	$(COMPILE) pyproject.toml -o requirements.lock
	$(COMPILE) pyproject.toml --group dev -c requirements.lock -o requirements-dev.lock
	$(COMPILE) --group build -c requirements-dev.lock -o requirements-build.lock

clean:
	rm -rf .venv build/npm
