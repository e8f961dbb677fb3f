"""A subject that is trained among others gets what peft and a plain training loop give it alone."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

import numpy as np
import pytest
import torch
from torch.nn import functional

from taskatlas.embed.method import EntityOutputs
from taskatlas.embed.tuned import prompt, trainer
from taskatlas.embed.tuned.lora import ALPHA, RANK
from taskatlas.embed.tuned.prefix import VIRTUAL_TOKENS
from taskatlas.predict.encode import Encoder
from tests.support.tuned import BRIEF, DIM, Surrogate, brief, cosine, inputs, labels, soft, texts, training_job

pytestmark = pytest.mark.filterwarnings("ignore:.is_gradient_checkpointing. is deprecated:FutureWarning")
"""peft 0.21's `get_peft_model` reads it; what we use of peft does not."""
LAYERS, HEADS = 2, 2
PREFIX = "prompt_encoder.default.embedding.weight"
GIVEN = [(text, None) for text, _ in texts()]
"""Without second texts: peft's prefixes drop token types."""
Values = Mapping[str, torch.Tensor]


def ours(name: str, surrogate: Surrogate, entity: EntityOutputs) -> tuple[Values, Values]:
    """The start and what was learnt, by parameter name; beside two others, who must not matter."""
    method = brief(name)
    own_inputs = inputs(surrogate, GIVEN)
    shared = method.share(own_inputs, method.pin(own_inputs))
    trained = trainer.train(training_job(shared, [labels(classes=5, seed=8), entity, soft(seed=9)]))
    return shared.start, {key: value[1] for key, value in trained.tuned.items()}


def steps(n: int) -> Iterator[np.ndarray]:
    for epoch in range(BRIEF.epochs):
        order = np.random.default_rng([0, epoch]).permutation(n)
        yield from np.split(order, range(BRIEF.batch, n, BRIEF.batch))


def train(model: torch.nn.Module, encoder: Encoder, entity: EntityOutputs) -> None:
    """The usual loop: each batch padded as a whole, mean loss, AdamW."""
    tokens = encoder.tokenise(GIVEN)
    psi, weights = torch.from_numpy(entity.vectors), torch.from_numpy(entity.outputs.weights)

    def pooled(rows: np.ndarray) -> torch.Tensor:
        batch = encoder.padded([tokens[row] for row in rows])
        mask = batch["attention_mask"][:, :, None]
        states = model(input_ids=batch["input_ids"], attention_mask=batch["attention_mask"]).last_hidden_state
        states = states[:, -mask.shape[1] :]  # a soft prompt does not count
        return functional.normalize((states * mask).sum(dim=1) / mask.sum(dim=1), dim=1)

    with torch.no_grad():
        before = pooled(np.arange(len(GIVEN)))
    optimizer = torch.optim.AdamW([p for p in model.parameters() if p.requires_grad], lr=BRIEF.rate, weight_decay=0.0)
    for rows in steps(len(GIVEN)):
        optimizer.zero_grad()
        logits = 20.0 * (pooled(rows) - before[rows]) @ psi.T
        torch.autograd.backward(functional.cross_entropy(logits, weights[rows]))
        optimizer.step()


def prefixed(encoder: Encoder, start: Values) -> torch.nn.Module:
    """Peft's model with our first prefixes. It takes its prefix for words that BERT has read already, so texts begin at
    place 16; their place embeddings are moved there, too."""
    from peft import PrefixTuningConfig, TaskType, get_peft_model

    positions = encoder.model.embeddings.position_embeddings.weight.data
    positions[VIRTUAL_TOKENS:] = positions[:-VIRTUAL_TOKENS].clone()
    config = PrefixTuningConfig(
        task_type=TaskType.FEATURE_EXTRACTION, num_virtual_tokens=VIRTUAL_TOKENS, token_dim=DIM, num_layers=LAYERS,
        num_attention_heads=HEADS,
    )  # fmt: skip
    model = get_peft_model(encoder.model, config)
    stacked = torch.stack([start[key] for key in sorted(start)])  # layer, key or value, head, virtual token, width
    model.get_parameter(PREFIX).data = stacked.permute(3, 0, 1, 2, 4).reshape(VIRTUAL_TOKENS, -1)
    return model.eval()


def prefixes(model: torch.nn.Module, names: list[str]) -> Values:
    weight = model.get_parameter(PREFIX).detach()
    stacked = weight.view(VIRTUAL_TOKENS, LAYERS, 2, HEADS, DIM // HEADS).permute(1, 2, 3, 0, 4)
    return dict(zip(names, stacked, strict=True))


def prompted(encoder: Encoder, start: Values) -> torch.nn.Module:
    """Peft's model with our first soft prompt."""
    from peft import PromptTuningConfig, TaskType, get_peft_model

    config = PromptTuningConfig(task_type=TaskType.FEATURE_EXTRACTION, num_virtual_tokens=prompt.VIRTUAL_TOKENS)
    model = get_peft_model(encoder.model, config)
    model.get_parameter(PREFIX).data = start["soft_prompt"].clone()
    return model.eval()


def prompts(model: torch.nn.Module, names: list[str]) -> Values:
    return dict.fromkeys(names, model.get_parameter(PREFIX).detach())


def adapted(encoder: Encoder, start: Values) -> torch.nn.Module:
    """Peft's model with our first adapters."""
    from peft import LoraConfig, get_peft_model

    model = get_peft_model(
        encoder.model, LoraConfig(r=RANK, lora_alpha=ALPHA, lora_dropout=0.0, target_modules=["query", "value"])
    )
    for name, value in start.items():
        model.get_parameter(_in_peft(name)).data = value.clone()
    return model.eval()


def adapters(model: torch.nn.Module, names: list[str]) -> Values:
    return {name: model.get_parameter(_in_peft(name)).detach() for name in names}


def _in_peft(name: str) -> str:
    return name.replace("module.", "base_model.model.", 1)


Build = Callable[[Encoder, Values], torch.nn.Module]
Read = Callable[[torch.nn.Module, list[str]], Values]


@pytest.mark.parametrize("entity", [labels(), soft(classes=4)], ids=["hard", "soft"])
@pytest.mark.parametrize(
    ("name", "build", "read"),
    [("prefix", prefixed, prefixes), ("prompt", prompted, prompts), ("lora", adapted, adapters)],
    ids=["prefix", "prompt", "lora"],
)
def test_training_among_others_equals_peft_alone(
    surrogate: Surrogate, name: str, build: Build, read: Read, entity: EntityOutputs
) -> None:
    start, learnt = ours(name, surrogate, entity)
    encoder = surrogate()
    model = build(encoder, start)
    assert sum(p.numel() for p in model.parameters() if p.requires_grad) == sum(v.numel() for v in start.values())
    train(model, encoder, entity)
    theirs = read(model, sorted(start))
    for key in sorted(start):
        changed, expected = (values[key].numpy() - start[key].numpy() for values in (learnt, theirs))
        # six steps of 0.01 each
        assert np.abs(expected).max() > 0.02
        assert cosine(changed.ravel(), expected.ravel()) > 0.9999
        np.testing.assert_allclose(changed, expected, atol=1e-4)


def test_first_adapters_are_drawn_as_peft_draws_them(surrogate: Surrogate) -> None:
    from peft.tuners.lora import LoraLayer

    start = brief("lora").pin(inputs(surrogate))
    model = adapted(surrogate(), {})
    torch.manual_seed(0)
    for module in model.modules():
        if isinstance(module, LoraLayer):
            module.reset_lora_parameters("default", init_lora_weights=True)  # type: ignore[no-untyped-call]
    theirs = adapters(model, sorted(start))
    for end in ("lora_A", "lora_B"):
        ours, other = (
            np.concatenate([np.asarray(values[name]).ravel() for name in sorted(start) if end in name])
            for values in (start, theirs)
        )
        assert np.std(ours) == pytest.approx(np.std(other), rel=0.1)
        assert np.abs(ours).max() == pytest.approx(np.abs(other).max(), rel=0.05)


def test_the_vector_is_the_mean_change_over_layers(surrogate: Surrogate) -> None:
    """FUTE's prefix vectors; of the other methods all that was tuned, in the order of names."""
    for name in ("prefix", "lora"):
        entity = labels()
        start, learnt = ours(name, surrogate, entity)
        method = brief(name)
        own_inputs = inputs(surrogate, GIVEN)
        actual = next(iter(method.share(own_inputs, method.pin(own_inputs)).embed_many([entity]))).vector
        changes = [(learnt[key] - start[key]).numpy().ravel() for key in sorted(start)]
        expected = np.mean(changes, axis=0) if name == "prefix" else np.concatenate(changes)
        assert actual is not None
        np.testing.assert_allclose(actual, expected, atol=1e-4)
