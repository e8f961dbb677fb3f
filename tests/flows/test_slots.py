"""An accelerator is used by one task at a time; the processor by all."""

from __future__ import annotations

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from threading import Lock
from typing import Any

import pytest
from prefect.client.orchestration import get_client
from prefect.concurrency._asyncio import ConcurrencySlotAcquisitionError

from taskatlas.plan.items import ModelWork, SpaceWork, TextSet
from taskatlas.tasks import embed, predict, slots
from taskatlas.tasks.slots import device_slot, ensure_limit
from tests.support.cards import change_card
from tests.support.endpoint import Body, Handler, running, says
from tests.support.projects import write_card, write_project
from tests.support.stage_runs import ingested

CORPUS = TextSet("corpus", "everyday", "rows", "quality", "examples", "content", {})


class Room:
    """Counts who is inside, and how many were at once."""

    def __init__(self) -> None:
        self._lock, self._inside, self.most, self.visits = Lock(), 0, 0, 0

    def visit(self, device: str) -> None:
        with device_slot(device):
            with self._lock:
                self._inside += 1
                self.visits += 1
                self.most = max(self.most, self._inside)
            time.sleep(0.2)
            with self._lock:
                self._inside -= 1


def test_an_accelerator_lets_one_holder_in(prefect_server: str):
    room = Room()
    with ThreadPoolExecutor(3) as pool:  # all three find no limit at first, and each tries to make it
        list(pool.map(room.visit, ["cuda"] * 3))
    assert (room.visits, room.most) == (3, 1)
    with get_client(sync_client=True) as client:
        limit = client.read_global_concurrency_limit_by_name("taskatlas-cuda")
    assert (limit.limit, limit.active, limit.active_slots) == (1, True, 0)


def test_a_slot_is_free_again_after_a_failure(prefect_server: str):
    with pytest.raises(ZeroDivisionError), device_slot("cuda:1"):
        raise ZeroDivisionError
    with get_client(sync_client=True) as client:
        assert client.read_global_concurrency_limit_by_name("taskatlas-cuda-1").active_slots == 0


def test_an_operators_limit_is_left_as_it_is(prefect_server: str):
    name = "taskatlas-mps"
    ensure_limit(name)
    with get_client(sync_client=True) as client:
        client.upsert_global_concurrency_limit_by_name(name, 2)
    with device_slot("mps"), get_client(sync_client=True) as client:
        assert client.read_global_concurrency_limit_by_name(name).limit == 2


def test_a_limit_that_is_gone_stops_the_task(prefect_server: str, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(slots, "ensure_limit", lambda name: None)
    with pytest.raises(ConcurrencySlotAcquisitionError), device_slot("cuda:7"):
        pytest.fail("without a limit nobody may come in")


def test_the_processor_has_no_slot(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(slots, "get_client", lambda **_: pytest.fail("no server is asked"))
    room = Room()
    with ThreadPoolExecutor(3) as pool:
        list(pool.map(room.visit, ["cpu"] * 3))
    assert room.most == 3


@pytest.mark.parametrize(
    ("task", "module", "work", "items"),
    [
        (predict.answer, predict, (predict.predict, "answer"), {"work": ModelWork("minilm", (), 0, (CORPUS,))}),
        (embed.pin, embed, (embed.bases, "pin"), {"method": "text", "corpus": CORPUS, "published": []}),
        (
            embed.embed_space,
            embed,
            (embed.embed, "embed_space"),
            {"work": SpaceWork("text", (), 0, 0, None, (), (CORPUS,))},
        ),
    ],
    ids=["answer", "pin", "embed"],
)
def test_work_on_a_device_holds_its_slot_all_the_while(
    monkeypatch: pytest.MonkeyPatch, tiny: Path, task: Any, module: Any, work: Any, items: dict[str, Any]
):
    events: list[str] = []

    @contextmanager
    def slot(device: str) -> Iterator[None]:
        events.append(f"takes {device}")
        yield
        events.append(f"gives {device}")

    monkeypatch.setattr(module, "device_slot", slot)
    monkeypatch.setattr(*work, lambda *_: events.append("works") or {})
    task.fn(folder=str(tiny), device="cuda", **items)
    assert events == ["takes cuda", "works", "gives cuda"]


def test_a_server_is_waited_for_without_the_slot(prefect_server: str, tmp_path: Path):
    folder, taken, texts = write_project(tmp_path / "project", corpus=30), set[int](), 30

    def looks(handler: Handler, body: Body) -> None:
        with get_client(sync_client=True) as client:
            taken.add(client.read_global_concurrency_limit_by_name("taskatlas-cuda-2").active_slots)
        says("good")(handler, body)

    ensure_limit("taskatlas-cuda-2")
    with running() as server:
        server.usual = looks
        write_card(folder, "models", "served", kind="endpoint", url=server.url, model="m", revision="1", at_once=2)
        write_card(folder, "prompts", "free", template="{{ text }}?", models=["served"])
        for name in ("plain", "warm"):
            change_card(folder / "prompts" / f"{name}.yaml", models=["enc"])
        (work,) = (each for each in ingested(folder).model_works() if each.model == "served")
        done = predict.answer(folder=str(folder), work=work, device="cuda:2")
    assert (done["computed"], len(server.asked), taken) == (1, texts, {0})
