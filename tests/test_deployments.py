"""prefect.yaml is the source of truth: what it names exists and fits, deploys, and runs in a worker's process."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from datetime import UTC
from importlib.metadata import version
from inspect import signature
from pathlib import Path
from typing import Any

import pytest
import yaml
from prefect import Flow
from prefect.client.orchestration import get_client
from prefect.client.schemas.filters import FlowRunFilter, FlowRunFilterDeploymentId
from prefect.client.schemas.schedules import CronSchedule
from prefect.client.schemas.sorting import FlowRunSort
from prefect.flows import load_flow_from_entrypoint

from tests.support.places import ROOT

FILE: dict[str, Any] = yaml.safe_load((ROOT / "prefect.yaml").read_text(encoding="utf-8"))
DEPLOYMENTS: dict[str, dict[str, Any]] = {entry["name"]: entry for entry in FILE["deployments"]}
STAGES = {"ingest", "predict", "embed", "benchmark", "publish"}


def flow_of(name: str, monkeypatch: pytest.MonkeyPatch) -> Flow[..., Any]:
    monkeypatch.chdir(ROOT)
    return load_flow_from_entrypoint(DEPLOYMENTS[name]["entrypoint"])


def test_the_nightly_run_and_every_stage_are_deployed():
    assert set(DEPLOYMENTS) == {"nightly"} | STAGES
    assert len(DEPLOYMENTS) == len(FILE["deployments"])
    assert {Path(entry["entrypoint"].partition(":")[0]).stem for entry in FILE["deployments"]} == STAGES | {"atlas"}
    assert {path.stem for path in (ROOT / "flows").glob("[!_]*.py")} == STAGES | {"atlas"}
    assert FILE["prefect-version"] == version("prefect")


@pytest.mark.parametrize("name", DEPLOYMENTS)
def test_an_entrypoint_loads_and_takes_its_parameters(name: str, monkeypatch: pytest.MonkeyPatch):
    flow = flow_of(name, monkeypatch)
    assert flow.name == ("atlas" if name == "nightly" else name)
    given = DEPLOYMENTS[name]["parameters"]
    takes = signature(flow.fn).parameters
    assert given.keys() <= takes.keys()
    assert {key for key, each in takes.items() if each.default is each.empty} <= given.keys()
    flow.validate_parameters(given)
    assert DEPLOYMENTS[name]["description"]
    assert DEPLOYMENTS[name]["concurrency_limit"] == 1


def test_entrypoints_load_from_the_repositorys_root_alone():
    entrypoints = [entry["entrypoint"] for entry in FILE["deployments"]]
    code = f"from prefect.flows import load_flow_from_entrypoint as load; [load(each) for each in {entrypoints}]"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_the_atlas_runs_every_night():
    [schedule] = DEPLOYMENTS["nightly"]["schedules"]
    cron = CronSchedule(cron=schedule["cron"], timezone=schedule["timezone"])
    assert (cron.cron, cron.timezone) == ("0 3 * * *", "UTC")
    assert schedule.get("active", True)
    assert not [name for name, entry in DEPLOYMENTS.items() if name != "nightly" and "schedules" in entry]


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    from tests.support.starter import write_tiny_project

    return write_tiny_project(tmp_path_factory.mktemp("deployed") / "tiny")


@pytest.fixture(scope="module")
def deployed(project: Path, prefect_server: str) -> Path:
    """The project of all deployments, on the tests' own server."""
    prefect("work-pool", "create", FILE["definitions"]["work_pool"]["name"], "--type", "process", project=project)
    prefect("--no-prompt", "deploy", "--all", project=project)
    return project


def prefect(*arguments: str, project: Path) -> str:
    """Run Prefect's command line from the root, with the two variables that prefect.yaml asks for."""
    told = {"TASKATLAS_ROOT": str(ROOT), "TASKATLAS_PROJECT": str(project)}
    command = [sys.executable, "-m", "prefect", *arguments]
    done = subprocess.run(
        command, cwd=ROOT, env=os.environ | told, capture_output=True, text=True, check=False, timeout=300
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_deploy_all_deploys_all(deployed: Path):
    with get_client(sync_client=True) as client:
        found = {name: client.read_deployment_by_name(_full(name)) for name in DEPLOYMENTS}
    for name, deployment in found.items():
        assert deployment.parameters == {"project": str(deployed)}
        assert deployment.entrypoint == DEPLOYMENTS[name]["entrypoint"]
        assert deployment.work_pool_name == "atlas"
        assert deployment.pull_steps == [{"prefect.deployments.steps.set_working_directory": {"directory": str(ROOT)}}]
        assert deployment.job_variables["env"]["DO_NOT_TRACK"] == "1"
        assert len(deployment.schedules) == (name == "nightly")
    [schedule] = found["nightly"].schedules
    assert schedule.active
    assert schedule.slug == "nightly"


def test_the_server_plans_the_nightly_runs(deployed: Path):
    with get_client(sync_client=True) as client:
        nightly = FlowRunFilter(
            deployment_id=FlowRunFilterDeploymentId(any_=[client.read_deployment_by_name(_full("nightly")).id])
        )
        deadline = time.monotonic() + 60
        while not (planned := client.read_flow_runs(flow_run_filter=nightly, sort=FlowRunSort.ID_DESC, limit=10)):
            assert time.monotonic() < deadline, "the server's scheduler plans nothing"
            time.sleep(0.3)
    starts = [run.expected_start_time.astimezone(UTC) for run in planned if run.expected_start_time]
    assert len(set(starts)) == len(starts) == len(planned)
    assert {(start.hour, start.minute) for start in starts} == {(3, 0)}


def test_a_worker_runs_the_ingest_deployment(deployed: Path):
    with get_client(sync_client=True) as client:
        client.delete_deployment(client.read_deployment_by_name(_full("nightly")).id)  # it might be three o'clock
        deployment = client.read_deployment_by_name(_full("ingest"))
        run = client.create_flow_run_from_deployment(deployment.id)
    log = prefect("worker", "start", "--pool", "atlas", "--run-once", project=deployed)
    with get_client(sync_client=True) as client:
        ended = client.read_flow_run(run.id)
    assert ended.state_name == "Completed", log
    state = json.loads((deployed / "warehouse" / "state" / "ingest.json").read_text())
    assert [origin["name"] for origin in state["origins"]] == ["cafe_reviews", "gadget_reviews", "everyday"]


def _full(name: str) -> str:
    return f"{'atlas' if name == 'nightly' else name}/{name}"
