"""What tests share, by what it holds. Fixtures lie in the conftest.py of the folder that uses them.

Where things are: `places` (the repository, the taskbank), `modules` (of the package, with their imports), `once` (what
all workers share).

Projects: `cards` (the smallest good ones, and changes of them), `projects` (a tiny project and its writers, copies),
`starter` (the starter cut down), `stage_runs` (stages without Prefect, and all keys), `prefect_runs` (runs as Prefect
saw them), `interrupted_run` (one that stops and is killed), `imported_files` (other people's prompts).

Tables: `tables` (a handful of rows each), `releases` (made-up ones of any size), `accepted_rows` (what a suite accepts
and what breaks it), `source_rows` (before anything looked at them), `publisher` (processes that publish, and are
killed).

Texts: `languages` (short sentences in several).

Models: `checkpoints` (tiny random ones), `gguf_files` (one of them as llama.cpp has it), `asking` (any kind, by its
card), `endpoint` (a server that answers by a script), `fake_vllm`, `random_data` (features and outputs), `closed_forms`
(their vectors of these), `tuned`
(surrogates, and methods that train briefly), `merging` (classifiers that were tuned from one base).

Programs: `command_line` (taskatlas in this process), `notes` (what a person is told meanwhile), `failing` (what every
bad input leads to), `servers` (in processes of their own), `browser` (a served dashboard), `pictures` (the script of
those in docs/), `environments` (virtual ones, and what is built for them), `core_reads` (the script that one of them
runs), `guides` (followed as a person would).
"""
