from __future__ import annotations

import sys

import pytest

from taskatlas.errors import ModelError
from taskatlas.predict import device


def test_auto_takes_the_fastest_that_is_there(monkeypatch):
    monkeypatch.setattr(device, "_available", lambda: ["mps", "cpu"])
    assert device.choose_device() == "mps"
    assert device.choose_device("cpu") == "cpu"


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere torch is asked")
def test_torch_is_asked_where_there_is_a_driver_alone(monkeypatch, tmp_path):
    """It takes seconds to import, which a run in which nothing is new has no other use for."""
    monkeypatch.setattr(device, "DRIVERS", (tmp_path / "driver",))
    monkeypatch.setitem(sys.modules, "torch", None)  # an import of it fails
    assert device.choose_device() == "cpu"
    (tmp_path / "driver").touch()
    with pytest.raises(ImportError):
        device.choose_device()


def test_this_machine_has_a_cpu():
    assert device.choose_device("cpu") == "cpu"


def test_says_which_devices_there_are(monkeypatch):
    monkeypatch.setattr(device, "_available", lambda: ["cpu"])
    with pytest.raises(ModelError, match=r"this machine has no cuda.*Choose cpu, or auto"):
        device.choose_device("cuda")
    with pytest.raises(ModelError, match=r"no device is called 'cudaa'. Did you mean 'cuda'"):
        device.choose_device("cudaa")
