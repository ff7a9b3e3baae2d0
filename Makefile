# Every command does its own set-up. `make` and a Python 3 are all that must be there.

port ?= $(or $(PORT),8000)
site := .venv/site/bin
test := .venv/test/bin
environment := tools/python -m tools.environments
run := $(test)/python -m tools.run
# tests/scheduling.py says how many workers.
parallel := -n auto --dist loadscope

.PHONY: help serve build test check fix lock prove mutate bench clean site-environment test-environment
.DEFAULT_GOAL := help

help: ## list the commands
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "make %-8s %s\n", $$1, $$2 }' Makefile

serve: site-environment ## show the site on 127.0.0.1:8000 and rebuild it on each change (port=8001)
	@$(site)/python -m tools.serve $(port)

build: site-environment ## build the site into site/
	@NO_MKDOCS_2_WARNING=1 $(site)/mkdocs build --strict

test: test-environment ## run the tests (args="-k name -x")
	@$(run) pytest $(parallel) $(args)

check: test-environment ## check format, lint, types, data, workflows and the strict build (only=types)
	@$(run) tools.check $(only)

fix: test-environment ## format the code, mend what the linter can, write the data schemas
	@$(test)/ruff check --fix --exit-zero --quiet .
	@$(test)/ruff format .
	@$(run) guide.schema

lock: ## resolve every dependency anew; write requirements/*.txt and data/packages.json
	@tools/python -m tools.lock
	@$(environment) site test texts
	@$(run) tools.packages

prove: test-environment ## execute everything proven; rewrite data/proof/ (only=<category> kind=probe missing=1 check=1)
	@$(run) tests.proof $(foreach word,only kind missing check,$(if $($(word)),$(word)=$($(word))))

mutate: test-environment ## change snippets; report what no test notices (only=orms/upsert each=5 seed=1 minutes=15)
	@$(run) tests.mutation $(foreach word,only each seed minutes,$(if $($(word)),$(word)=$($(word))))

bench: test-environment ## measure pages, search and builds beside stock Material, and Lighthouse (args="-k search")
	@$(run) pytest -n 0 -s tests/benchmarks/site $(args)

clean: ## remove environments, caches and the built site
	rm -rf .venv .cache site .mypy_cache .pytest_cache .ruff_cache .hypothesis .coverage*

site-environment:
	@$(environment) site

test-environment:
	@$(environment) test texts
