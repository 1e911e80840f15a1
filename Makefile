# make serve: the site on http://127.0.0.1:8000. make test: all tests.
PYTHON ?= $(firstword $(foreach p,python3 python3.13 python3.12 python3.11,$(shell $(p) -c 'import sys; sys.version_info >= (3, 11) and print("$(p)")' 2>/dev/null)))
BIN := .venv/bin
export HOST PORT

.PHONY: serve dev test lint lock

.venv/python:
	@test -n "$(PYTHON)" || { echo "Python 3.11 or newer is needed: install it, or say which with PYTHON=..."; exit 1; }
	@echo "Making .venv with $(PYTHON)"
	@$(PYTHON) -m venv .venv
	@touch $@

.venv/base: requirements/base.txt | .venv/python
	@echo "Installing what the site needs"
	@$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements/base.txt
	@touch $@

.venv/dev: requirements/dev.txt | .venv/base
	@echo "Installing what the tests need"
	@$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements/dev.txt
	@touch $@

serve: .venv/base
	@$(BIN)/python manage.py migrate --verbosity 0
	@$(BIN)/python manage.py load_catalogue
	@$(BIN)/python manage.py collectstatic --noinput --verbosity 0
	@$(BIN)/python manage.py serve

dev: .venv/base
	@DEBUG=1 $(BIN)/python manage.py migrate --verbosity 0
	@DEBUG=1 $(BIN)/python manage.py load_catalogue
	@DEBUG=1 $(BIN)/python manage.py runserver

# On PostgreSQL first where DATABASE_URL points to one, then everything on SQLite.
test: .venv/dev
	@case "$(DATABASE_URL)" in postgres*) echo "Tests on PostgreSQL"; $(BIN)/python -m pytest -n 2 -m "not browser";; esac
	@echo "Tests on SQLite"
	@env -u DATABASE_URL $(BIN)/python -m pytest -n 2

lint: .venv/dev
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/lint-imports

lock: .venv/python
	@$(BIN)/pip install --quiet uv
	@$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header pyproject.toml -o requirements/base.txt
	@$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header --group dev pyproject.toml -c requirements/base.txt -o requirements/dev.txt
