# `make` alone says what there is. PYTHON=... chooses the interpreter for .venv.
.DEFAULT_GOAL := help
.PHONY: help set-up demo lab site test test-long trust bench bench-cluster build pictures coders ladder teaching lock clean

LESSON := 05_momentum
GRADER := .venv/bin/steepest-grader
export PYTHON

help:
	@echo "make demo   grade a sample class for $(LESSON), with gradebook and feedback"
	@echo "make lab    open the lessons in JupyterLab"
	@echo "make site   build the reading site in build/site/html: the course without solutions, its documents, a reference"
	@echo "make test   run every check of the repository"
	@echo "make test-long  the same, with every variant and mistake in a notebook of the class, and the exchange in a JupyterHub"
	@echo "make trust  see how many mutants of the solutions the grader kills; writes docs/trust.md; takes minutes"
	@echo "make bench  compare speed and memory with plain nbgrader; writes docs/benchmarks.md; takes a quarter of an hour"
	@echo "make bench-cluster  grade on a Dask cluster of one worker and of two; takes half an hour"
	@echo "make build  write lessons/ and the stored outcomes from solutions/ and the exercises"
	@echo "make pictures  draw the pictures of docs/demos.md anew"
	@echo "make coders  train the stored autoencoders of 13_representations anew"
	@echo "make ladder  measure how far luck moves the capstone's marks; writes docs/ladder.md; takes ten minutes"
	@echo "make teaching  copy minutes, hints and rubrics into docs/teaching.md"
	@echo "make lock   write requirements.lock anew; LOCK_ARGS='torch==2.13.0' holds a version"
	@echo "make clean  remove build/ and what the tools leave behind"

set-up:
	@.ci/set-up

demo: set-up
	$(GRADER) build
	rm -rf build/sample
	$(GRADER) sample-class $(LESSON) --out build/sample --size 24
	$(GRADER) grade $(LESSON) --submitted build/sample --json build/demo.json
	$(GRADER) feedback $(LESSON)
	$(GRADER) report $(LESSON)
	$(GRADER) export $(LESSON) --format csv
	@echo
	@echo "table      build/demo.json"
	@echo "gradebook  build/course/gradebook.db (for formgrader: cd build/course && ../../.venv/bin/jupyter lab)"
	@echo "feedback   build/course/feedback/<student>/$(LESSON)/$(LESSON).html"
	@echo "report     build/course/reports/$(LESSON).html"
	@echo "marks      build/course/exports/"
	@echo "lessons    make lab"

lab: set-up
	PATH="$(CURDIR)/.venv/bin:$$PATH" jupyter lab --ip=127.0.0.1 --notebook-dir=lessons

site: set-up
	$(GRADER) site

test: set-up
	@.ci/test

test-long: set-up
	@STEEPEST_LONG=1 .ci/test

trust: set-up
	OMP_NUM_THREADS=1 $(GRADER) verify --mutants --json build/trust.json --page docs/trust.md --answers autograder/tests/blind

bench: set-up
	.venv/bin/python autograder/bench/bench.py
	.venv/bin/python autograder/bench/demos.py

bench-cluster: set-up
	.venv/bin/python autograder/bench/cluster.py

build: set-up
	$(GRADER) build

coders: set-up
	.venv/bin/python autograder/bench/coders.py

ladder: set-up
	.venv/bin/python autograder/bench/ladder.py

teaching: set-up
	.venv/bin/python autograder/bench/teaching.py

pictures: set-up
	.venv/bin/python -W ignore autograder/bench/pictures.py

lock:
	.ci/lock $(LOCK_ARGS)

clean:
	rm -rf build .mypy_cache .ruff_cache .pytest_cache .hypothesis
	find . -name __pycache__ -not -path "./.venv/*" -prune -exec rm -rf {} +
