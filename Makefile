# The front door. `make` alone prints the list.
VENV := .venv
BIN := $(VENV)/bin
PYTHON ?= python3.11
STAMP := $(VENV)/.ready
# Only the tests drive a browser; `make test` installs it where it is missing.
BROWSER ?= 0
export PYTHONUNBUFFERED = 1

.DEFAULT_GOAL := help
.PHONY: help setup demo test check lint format types contracts templates migrations-complete \
        bench fuzz soak browser vectors bundle run worker migrate messages lock up down clean

help: ## Print this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F':.*## ' '{printf "  %-22s %s\n", $$1, $$2}'

$(STAMP): requirements-dev.txt scripts/install
	@BROWSER=$(BROWSER) sh scripts/install
	@PY=$$(command -v $(PYTHON) || command -v python3) && $$PY -m venv $(VENV)
	@echo "installing Python packages (with hashes)"
	@# The lock is complete; letting pip resolve again would fail as soon as a newer release of a locked package appears.
	@$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --require-hashes -r requirements-dev.txt
	@touch $@

setup: $(STAMP) ## Install what is missing: system packages (saying so) and the Python environment

demo: $(STAMP) ## Run the whole main job on the sample estate, then serve it (SERVE=0: stop after the job; PORT=8080)
	@$(if $(PORT),YISHI_PUBLIC_URL=http://127.0.0.1:$(PORT)) $(BIN)/python manage.py demo $(if $(filter 0,$(SERVE)),--no-serve,) $(if $(PORT),--port $(PORT))

test: $(STAMP) ## Run the tests: SQLite always; PostgreSQL, Redis, Chromium and Node where they answer
	@sh scripts/install
	@sh scripts/test

check: lint types contracts templates migrations-complete ## Everything that is not a test

lint: $(STAMP) ## ruff: rules and format
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .

format: $(STAMP) ## Let ruff format and mend
	@$(BIN)/ruff check --fix .
	@$(BIN)/ruff format .

types: $(STAMP) ## mypy, strict
	@$(BIN)/mypy core logbook registry accounts documents voting funds disclosures committees portal config

contracts: $(STAMP) ## import-linter: who may import whom
	@$(BIN)/lint-imports

templates: $(STAMP) ## djlint on every template
	@$(BIN)/djlint --quiet --lint templates

migrations-complete: $(STAMP) ## No model change without its migration
	@$(BIN)/python manage.py makemigrations --check --dry-run

bench: $(STAMP) ## The benchmarks of docs/performance.md (quiet machine, please)
	@sh scripts/bench

fuzz: $(STAMP) ## Every address and form with strange input, on PostgreSQL where one answers (ROUNDS=10, SEED=…)
	@YISHI_FUZZ=$(or $(ROUNDS),10) YISHI_FUZZ_SEED=$(or $(SEED),20261130) \
	 DATABASE_URL=$$($(BIN)/python scripts/answers.py postgres || true) \
	 $(BIN)/pytest -q -s -p no:logging tests/fuzz

soak: $(STAMP) ## What is too long for CI: larger random sessions, 200,000 rows, kill tests, new random examples
	@YISHI_SOAK=1 $(BIN)/pytest -q -m "soak or (hypothesis and not browser)" tests

vectors: $(STAMP) ## Write the protocol's test vectors again
	@$(BIN)/python -m tests.vectors.make

bundle: ## Build the browser bundles again (needs Node)
	cd frontend && npm ci --ignore-scripts && node build.mjs

messages: $(STAMP) ## Collect and compile translations
	@$(BIN)/python manage.py makemessages --all --no-location --no-wrap --ignore=.venv --ignore=node_modules --ignore=frontend
	@$(BIN)/python manage.py compilemessages -v 0

migrate: $(STAMP) ## Bring the database up to date
	@$(BIN)/python manage.py migrate

run: $(STAMP) ## Serve at 127.0.0.1:8000 for development
	@$(BIN)/python manage.py runserver 127.0.0.1:8000

worker: $(STAMP) ## Run due sweepers and jobs, without Celery
	@$(BIN)/python manage.py work

lock: ## Lock the dependencies with hashes, without addresses of registries (needs uv)
	uv pip compile -q --generate-hashes --no-header --no-annotate --python-version 3.11 requirements.in -o requirements.txt
	uv pip compile -q --generate-hashes --no-header --no-annotate --python-version 3.11 requirements-dev.in -o requirements-dev.txt

up: ## Start web, worker, beat, PostgreSQL and Redis in containers
	docker compose up --build

down: ## Stop them
	docker compose down

clean: ## Remove the environment and everything the demo left
	rm -rf $(VENV) var
