"""From the states of a text's tokens to one vector, as the literature has it; and what a folder says of its own.

`mean` (Reimers and Gurevych 2019, arXiv 1908.10084), `cls`, the first token (Devlin et al. 2019, arXiv 1810.04805),
`max`, `last`, the last token, for decoders (Neelakantan et al. 2022, arXiv 2201.10005; with a prompt that asks for one
word PromptEOL, Jiang et al. 2023, arXiv 2307.16645), and `weighted_mean`, by the token's position (SGPT, Muennighoff
2022, arXiv 2202.08904).
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from taskatlas.errors import ModelError

if TYPE_CHECKING:
    import torch

_NAMES = {"mean": "mean", "cls": "cls", "max": "max", "lasttoken": "last", "weightedmean": "weighted_mean"}
"""sentence-transformers' names of poolings → ours."""


def pool(states: torch.Tensor, mask: torch.Tensor, pooling: str) -> torch.Tensor:
    """Pool the states of each text's tokens into one vector.

    Args:
        states: of b texts, [b, T, d], padded at their ends.
        mask: int64 [b, T], 1 where a token counts; the first always does.
        pooling: see above.

    Returns:
        [b, d].
    """
    import torch

    if pooling == "cls":
        return states[:, 0]
    if pooling == "last":
        return states[torch.arange(states.shape[0], device=states.device), mask.sum(dim=1) - 1]
    if pooling == "max":
        return states.masked_fill(mask.unsqueeze(2) == 0, -torch.inf).amax(dim=1)
    weights = mask * torch.arange(1, mask.shape[1] + 1, device=mask.device) if pooling == "weighted_mean" else mask
    share = (weights / weights.sum(dim=1, keepdim=True)).to(states.dtype)
    return torch.bmm(share.unsqueeze(1), states).squeeze(1)


def check_modules(folder: Path, pooling: str, where: str) -> None:
    """Hold a card to what a folder of sentence-transformers says in modules.json: which pooling, and nothing after it
    that would change the vector. Folders without one say nothing.

    Raises:
        ModelError: it says otherwise, or cannot be read.
    """
    if not (folder / "modules.json").is_file():
        return
    try:
        modules = [
            (str(module["type"]).rsplit(".", 1)[-1], str(module["path"])) for module in _read(folder / "modules.json")
        ]
        poolings = [_pooling(_read(folder / path / "config.json")) for kind, path in modules if kind == "Pooling"]
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        what = f"its modules.json cannot be read ({type(error).__name__}: {error})"
        raise ModelError(what, where=where, todo="get the folder again") from error
    further = sorted({kind for kind, _ in modules} - {"Transformer", "Pooling", "Normalize"})
    if further:
        raise ModelError(f"its vectors pass through {', '.join(further)}", where=where, todo="use another model")
    if poolings and poolings != [pooling]:
        pooling_of_folder = poolings[0] if len(poolings) == 1 else ""
        todo = (
            f"say pooling: {pooling_of_folder} on the card"
            if pooling_of_folder in _NAMES.values()
            else "use another model"
        )
        raise ModelError(
            f"it was made for {' and '.join(poolings)} pooling, the card says {pooling}", where=where, todo=todo
        )


def _read(file: Path) -> Any:
    return json.loads(file.read_text(encoding="utf-8"))


def _pooling(config: dict[str, Any]) -> str:
    """Return the pooling of a config, in either of the two forms in which sentence-transformers wrote it."""
    mode = config.get("pooling_mode")
    if isinstance(mode, str):
        return _NAMES.get(mode.replace("_", "").lower(), mode)
    name_by_flag = {
        "pooling_mode_mean_tokens": "mean", "pooling_mode_cls_token": "cls", "pooling_mode_max_tokens": "max",
        "pooling_mode_lasttoken": "last", "pooling_mode_weightedmean_tokens": "weighted_mean",
    }  # fmt: skip
    names = [
        name_by_flag.get(name, name) for name, value in config.items() if name.startswith("pooling_mode_") and value
    ]
    return "+".join(names) or "no"
