"""Runs FUTE's released code on what `benchmarks.fute` has prepared, in an environment of its own.

Started as a script with the checkout on the path; imports nothing of taskatlas. Settings are the released ones, but for
dropout, which is off, the device, and values to start from, which are given.
"""

from __future__ import annotations

import json
import sys
from argparse import Namespace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import evaluate
import numpy as np
import run_task_emb as released  # type: ignore[import-not-found] # of the checkout
import torch
from torch.utils.data import DataLoader, TensorDataset

CHECKED = {"type": "cls", "label": [], "metric_read": ("accuracy",), "metric": "accuracy"}


class Accuracy:
    """Stands where the metric of a hub would, which cannot be reached."""

    def compute(self, predictions: Any, references: Any) -> dict[str, float]:
        """Return the share of right answers."""
        return {"accuracy": float(np.mean(np.asarray(predictions) == np.asarray(references)))}


class Given(torch.nn.Module):
    """Stands for a model whose answers are there: its input's first token is the index of a text."""

    def __init__(self, probabilities: torch.Tensor) -> None:
        super().__init__()
        self.logits = probabilities.log()

    def forward(self, input_ids: torch.Tensor, **_: Any) -> tuple[None, torch.Tensor]:
        """Return logits whose softmax is the answer."""
        return None, self.logits[input_ids[:, 0]]


def main(case: dict[str, Any]) -> None:
    """Train as the case says, and write the vector and the names of its parts."""
    given = {name: torch.from_numpy(values) for name, values in np.load(case["data"]).items()}
    config = configured(case)
    model = released.TaskEmbModelPrefixV1(config) if case["method"] == "prefix" else released.TaskEmbModelFimV1(config)
    start_as(model, np.load(case["start"]))
    model_config = SimpleNamespace(cr_to_train_schema=CHECKED)
    answers = Given(given["probabilities"]) if case["outputs"] == "probabilities" else None
    trainer = released.TaskEmbTrainer(
        config=config, model_config=model_config, task_emb_model=model, model=answers,
        optimizer=released.BasicOptimizer(config=config, model=model),
        train_loader=loader(given, case, given["learnt"], config.batch_size),
        dev_loader=loader(given, case, given["held"], config.batch_size),
    )  # fmt: skip
    vector = trainer.train()
    np.savez(case["vector"], vector=vector, names=np.array(parts_of(model, case), dtype=str))


def configured(case: dict[str, Any]) -> Any:
    """The released settings of this case."""
    is_dataset = case["outputs"] == "labels of a dataset"
    written = case["outputs"] == "answers"
    arguments = Namespace(
        task_type="sa" if written else "cr", input_type="data" if is_dataset else "model",
        task_emb_type={"prefix": "prefix", "fisher": "fim"}[case["method"]], lm_model_name=case["surrogate"],
        task_emb_model_lm_name=case["surrogate"], is_baseline=case["baseline"], llm_mode=written,
        to_train_dataset=None, save_path=case["saved"], load_path=None, max_data_for_task_emb_train=None,
        max_epochs=3 if written else None, gradient_accumulation_steps=1, learning_rate=None,
        data_loader_shuffle=None,
    )  # fmt: skip
    config = released.get_config(arguments)
    config.device, config.num_labels, config.cr_to_train_schema = torch.device("cpu"), case["classes"], CHECKED
    return config


def start_as(model: Any, start: Any) -> None:
    """Put the values to start from into the model."""
    if hasattr(model, "prefix_paras"):
        model.prefix_dropout = torch.nn.Identity()
        for layer, values in enumerate(start["prefix"]):
            model.prefix_paras[layer].data = torch.from_numpy(values)
    parameters = dict(model.task_emb_model.named_parameters())
    for name in set(start) - {"prefix"}:
        parameters[name].data = torch.from_numpy(start[name])


def loader(given: dict[str, Any], case: dict[str, Any], rows: torch.Tensor, batch: int) -> Any:
    """Batches as the released preparers make them."""
    tokens = [given[name][rows] for name in ("input_ids", "token_type_ids", "attention_mask")]
    if case["outputs"] == "probabilities":
        index = rows[:, None].expand(-1, 1)
        return DataLoader(TensorDataset(index, index, index, *tokens), batch)
    return DataLoader(TensorDataset(*tokens, given["labels"][rows]), batch)


def parts_of(model: Any, case: dict[str, Any]) -> list[str]:
    """Names of the weights that a Fisher vector is of, in its order."""
    if case["method"] == "prefix":
        return []
    whole = model.task_emb_model
    names = {id(value): name for name, value in whole.named_parameters()}
    base = whole.transformer if hasattr(whole, "transformer") else whole.bert
    blocks = (base.shared, base.encoder, base.decoder) if hasattr(base, "shared") else (base.embeddings, base.encoder)
    return [names[id(value)] for block in blocks for value in block.parameters() if value.requires_grad]


if __name__ == "__main__":
    evaluate.load = lambda *_: Accuracy()
    for line in json.loads(Path(sys.argv[1]).read_text(encoding="utf-8")):
        main(line)
