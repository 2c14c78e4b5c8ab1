# Everything here runs in .venv, which `make setup` makes from the committed lock.
PYTHON ?= python3
EVIDENCE ?=
SERVE ?=
N ?= 200
ARGS ?=

RUN := .venv/bin/python
SETUP = @$(PYTHON) -c 'import sys; sys.version_info >= (3, 11) or sys.exit("Comity needs Python 3.11 or newer; this is " + sys.version)' \
	&& $(PYTHON) tools/setup_environment.py

.DEFAULT_GOAL := help
.PHONY: setup setup-node demo test kills bench lint verify-docs requirements clean help

setup: ## make .venv with everything for work on Comity
	$(SETUP) dev

setup-node: ## make .venv with what a node needs, no more
	$(SETUP) node

demo: setup-node ## play one case over four nodes; EVIDENCE=<folder> to hold your own, SERVE=1 to leave the nodes up
	$(RUN) -m comity.entrypoints.demo $(if $(EVIDENCE),--evidence "$(EVIDENCE)") $(if $(SERVE),--serve)

test: setup ## every test, with a real PostgreSQL; ARGS="-k seals" for some
	$(RUN) tools/run_tests.py $(ARGS)

kills: setup ## end processes of a living federation at N random instants
	$(RUN) tools/run_tests.py tests/kills --kills $(N) $(ARGS)

bench: setup ## measure speed and size on this machine
	$(RUN) tools/bench.py $(ARGS)

lint: setup ## style, types and import contracts
	@failed=; for check in "ruff check" "ruff format --check" mypy "lint-imports --no-logo"; do \
		echo "lint: $$check"; .venv/bin/$$check || failed="$$failed '$$check'"; \
	done; test -z "$$failed" || { echo "lint: failed:$$failed"; exit 1; }

verify-docs: setup ## what the documents say is so: commands, targets, settings, links
	$(RUN) tools/run_tests.py tests/architecture/test_docs.py

requirements: ## write requirements/*.txt again after `uv lock` (needs uv)
	$(PYTHON) tools/requirements.py

clean: ## remove what was made here: environment, demo, caches
	rm -rf .venv demo dist .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis
	find src tests tools -name __pycache__ -type d -prune -exec rm -rf {} +

help: ## this list
	@sed -n 's/^\([a-z-]*\):.*## /  \1 - /p' $(MAKEFILE_LIST)
