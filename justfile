# What is done often. Needs the extra `test`. tests/test_habits.py holds that pre-commit and .ci/run run the same commands.

# the recipes
default:
    @just --list

# style and types
check:
    ruff check .
    ruff format --check .
    mypy

# everything but the slow proofs
test:
    pytest -n 2 --dist loadfile

# what needs neither a surrogate nor a Prefect server
fast:
    pytest tests/test_architecture.py tests/test_pins.py tests/registry tests/schemas tests/ingest tests/importers

# the site, into build/site
docs:
    mkdocs build --strict

# the pictures in docs/images, of a published project
pictures project:
    python -m tests.support.pictures {{ quote(project) }}

# keys and parts of the golden project, which stay as they are
golden:
    pytest -k golden
