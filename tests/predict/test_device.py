from __future__ import annotations

import pytest

from taskatlas.errors import ModelError
from taskatlas.predict import device


def test_auto_takes_the_fastest_that_is_there(monkeypatch):
    monkeypatch.setattr(device, "_available", lambda: ["mps", "cpu"])
    assert device.choose_device() == "mps"
    assert device.choose_device("cpu") == "cpu"


def test_this_machine_has_a_cpu():
    assert device.choose_device("cpu") == "cpu"


def test_says_which_devices_there_are(monkeypatch):
    monkeypatch.setattr(device, "_available", lambda: ["cpu"])
    with pytest.raises(ModelError, match=r"this machine has no cuda.*Choose cpu, or auto"):
        device.choose_device("cuda")
    with pytest.raises(ModelError, match=r"no device is called 'cudaa'. Did you mean 'cuda'"):
        device.choose_device("cudaa")
