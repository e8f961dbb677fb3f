"""The reference way to a tuned vector: peft's adapter and a plain training loop, one subject after another."""

from __future__ import annotations

from pathlib import Path
from time import perf_counter
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from peft import LoraConfig, PrefixTuningConfig, get_peft_model
from torch.nn import functional
from torch.utils.data import DataLoader
from transformers import AutoModelForSequenceClassification, AutoTokenizer
from transformers.utils import logging

from taskatlas.embed.tuned.schedule import Schedule

MICRO = 32
"""Texts per forward pass: larger ones pad more, smaller ones keep a processor less busy."""


def model_of(method: str, folder: Path, classes: int) -> Any:
    """The classifier with what the method tunes in it."""
    logging.disable_progress_bar()
    logging.set_verbosity_error()
    base = AutoModelForSequenceClassification.from_pretrained(folder, num_labels=classes, local_files_only=True)
    if method == "bitfit":
        for name, parameter in base.named_parameters():
            parameter.requires_grad_(name.endswith(".bias") or name.startswith("classifier"))
        return base
    if method == "prefix":
        return get_peft_model(base, PrefixTuningConfig(task_type="SEQ_CLS", num_virtual_tokens=16))
    return get_peft_model(base, LoraConfig(task_type="SEQ_CLS", r=8, lora_alpha=16))


def seconds(
    method: str,
    folder: Path,
    texts: list[tuple[str, str | None]],
    weights: npt.NDArray[np.float32],
    schedule: Schedule,
    device: str,
) -> float:
    """Wall seconds of the training of one subject with outputs [n, C]; loading and tokenising do not count."""
    tokenizer = AutoTokenizer.from_pretrained(folder, local_files_only=True)
    model = model_of(method, folder, weights.shape[1]).to(device).train()
    rows = [
        {**tokenizer(text, pair, truncation=True, max_length=128), "labels": list(map(float, wanted))}
        for (text, pair), wanted in zip(texts, weights, strict=True)
    ]
    micro = MICRO if device == "cpu" else schedule.batch

    def batch(rows: list[dict[str, Any]]) -> dict[str, torch.Tensor]:
        labels = torch.tensor([row["labels"] for row in rows])
        tokens = [{name: value for name, value in row.items() if name != "labels"} for row in rows]
        return {**tokenizer.pad(tokens, return_tensors="pt"), "labels": labels}

    torch.manual_seed(0)
    loader = DataLoader(rows, batch_size=micro, shuffle=True, collate_fn=batch)  # type: ignore[arg-type]
    optimizer = torch.optim.AdamW([p for p in model.parameters() if p.requires_grad], lr=schedule.rate)
    began = perf_counter()
    for _ in range(schedule.epochs):
        for step, loaded in enumerate(loader, start=1):
            tensors = {name: value.to(device) for name, value in loaded.items()}
            wanted = tensors.pop("labels")
            with torch.autocast(device, dtype=torch.bfloat16, enabled=device == "cuda"):
                logits = model(**tensors).logits
            loss = functional.cross_entropy(logits.float(), wanted, reduction="sum") / schedule.batch
            loss.backward()
            if step * micro % schedule.batch == 0 or step == len(loader):
                optimizer.step()
                optimizer.zero_grad()
    if device == "cuda":
        torch.cuda.synchronize()
    return perf_counter() - began
