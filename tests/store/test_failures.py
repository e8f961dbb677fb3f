"""Disks that are full, folders that cannot be written and files that are damaged, each answered in one line.

Tests may run as root, whom no permission stops, so a full disk is a limit on the size of files, and a folder of
somebody else is written as nobody; both in processes of their own.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from taskatlas.errors import StoreError
from taskatlas.store.catalog import rebuild
from taskatlas.store.warehouse import Warehouse
from tests.support.tables import tables

LIMITED = """
import os, resource, sys, tempfile
from pathlib import Path
from taskatlas.errors import StoreError
from taskatlas.store.catalog import rebuild
from taskatlas.store.warehouse import Warehouse
from tests.support.tables import tables
what, root = sys.argv[1], Path(sys.argv[2])
if what.isdigit():
    resource.setrlimit(resource.RLIMIT_FSIZE, (int(what), resource.RLIM_INFINITY))
elif os.geteuid() == 0:
    # Nobody may not be able to read Python's own folder, so whatever is imported late is imported now.
    with tempfile.TemporaryDirectory() as folder:
        Warehouse(folder).publish(tables(), release_id="a", project="p", version="0.1.0")
        rebuild(Warehouse(folder), Path(folder) / "catalog.duckdb")
    os.setuid(65534)
try:
    if sys.argv[3] == "publish":
        Warehouse(root).publish(tables(0.5), release_id="b", project="p", version="0.1.0")
    elif sys.argv[3] == "rebuild":
        rebuild(Warehouse(root), root / "catalog.duckdb")
    else:
        print(Warehouse(root).table("scores")["value"][0])
except StoreError as error:
    print(error)
"""


def limited(*arguments: object) -> str:
    command = [sys.executable, "-W", "error", "-c", LIMITED, *map(str, arguments)]
    done = subprocess.run(command, cwd=Path(__file__).parents[2], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout


@pytest.fixture(scope="module")
def published(tmp_path_factory):
    root = tmp_path_factory.mktemp("published")
    Warehouse(root).publish(tables(0.25), release_id="a", project="p", version="0.1.0")
    rebuild(Warehouse(root), root / "catalog.duckdb")
    return root


@pytest.fixture
def project(published, tmp_path):
    return shutil.copytree(published, tmp_path / "project")


@pytest.mark.parametrize("size", [0, 1000, 3000, 6000])
def test_a_full_disk_leaves_the_release_before_it(project, size):
    said = limited(size, project, "publish")
    assert said.startswith(f"{project}: the disk is full (")
    assert "Free some space and run again; earlier releases are as they were" in said
    assert [release.release_id for release in Warehouse(project).releases()] == ["a"]
    release = Warehouse(project).publish(tables(0.5), release_id="b", project="p", version="0.1.0")
    assert release.release == "v2"


def test_a_full_disk_leaves_the_catalog_before_it(project):
    before = (project / "catalog.duckdb").read_bytes()
    assert f"{project / 'catalog.duckdb'}: the disk is full (" in limited(20_000, project, "rebuild")
    assert (project / "catalog.duckdb").read_bytes() == before
    assert not list(project.glob(".catalog*"))


def test_a_folder_of_somebody_else_can_be_read_but_not_written(published):
    with tempfile.TemporaryDirectory() as folder:
        root = shutil.copytree(published, Path(folder) / "project")
        for path in (Path(folder), root, *root.rglob("*")):
            path.chmod(0o555 if path.is_dir() else 0o444)
        try:
            assert limited("nobody", root, "read") == "0.25\n"
            assert limited("nobody", root, "publish").startswith(f"{root}: cannot be written (")
            assert f"{root}: cannot write (Permission denied)" in limited("nobody", root, "rebuild")
        finally:
            for path in (Path(folder), root, *root.rglob("*")):
                path.chmod(0o755 if path.is_dir() else 0o644)


def test_a_file_where_a_folder_should_be(tmp_path):
    (tmp_path / "project").write_text("")
    with pytest.raises(StoreError, match=r"project: cannot be written .*Make it a folder that you may write to"):
        Warehouse(tmp_path / "project").publish(tables(), release_id="a", project="p", version="0.1.0")
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "iceberg").write_text("")
    with pytest.raises(StoreError, match="other: cannot be written"):
        Warehouse(tmp_path / "other").publish(tables(), release_id="a", project="p", version="0.1.0")


DAMAGES = {
    "half": lambda held: held[: len(held) // 2],
    "empty": lambda _: b"",
    "garbage": lambda held: bytes(byte ^ 0x5A for byte in held),
}


@pytest.mark.parametrize("damage", DAMAGES)
@pytest.mark.parametrize("kind", ["iceberg.db", "scores/metadata/*.json", "scores/metadata/*.avro", "scores/data/*"])
def test_damaged_files_are_told(project, kind, damage):
    paths = list(project.glob(kind)) or list(project.glob(f"iceberg/{kind}"))
    assert paths
    for path in paths:
        path.write_bytes(DAMAGES[damage](path.read_bytes()))
    with pytest.raises(StoreError, match=r"(damaged|iceberg.db has no tables).*([Rr]estore iceberg.db|[Mm]ove)"):
        Warehouse(project).table("scores")


@pytest.mark.parametrize("kind", ["iceberg.db", "iceberg/scores/metadata/*", "iceberg/scores/data/*"])
def test_missing_files_are_told(project, kind):
    for path in project.glob(kind):
        path.unlink()
    with pytest.raises(StoreError, match=r"a file is missing|iceberg.db has no tables"):
        Warehouse(project).table("scores")


@pytest.mark.parametrize("address", ["nosuchdb://me:s3cret-word@127.0.0.1/atlas", "me:s3cret-word@127.0.0.1"])
def test_an_address_that_is_none_of_a_catalog_is_told_for_what_it_is(tmp_path, address):
    with pytest.raises(StoreError, match="does not let anybody in") as caught:
        Warehouse(tmp_path, catalog_uri=address).releases()
    assert "TASKATLAS_CATALOG_URI" in caught.value.todo
    assert "s3cret" not in f"{caught.value}{caught.value.todo}"


def test_a_catalog_that_does_not_answer(tmp_path):
    warehouse = Warehouse(tmp_path, catalog_uri="postgresql+psycopg2://127.0.0.1:1/none")
    with pytest.raises(StoreError, match=r"the server does not answer|a package is missing .*taskatlas\[postgres\]"):
        warehouse.releases()
