"""Our attention is transformers' own, but for the prefix."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch.nn import functional

from taskatlas.embed.tuned import attention
from taskatlas.embed.tuned.tunable import Tunable
from taskatlas.predict.encode import Encoder
from tests.support.tuned import KINDS, Surrogate, texts

MASKED = torch.finfo(torch.float32).min


def batch(encoder: Encoder, n: int = 10) -> dict[str, torch.Tensor]:
    """Texts of unequal length, so most of them are padded."""
    actual = encoder.padded(encoder.tokenise(texts(n)))
    lengths = actual["attention_mask"].sum(dim=1)
    # longer than the four tokens that ModernBERT's second layer sees to each side
    assert lengths.max() > 10 > lengths.min()
    return actual


def prefixed(encoder: Encoder, room: int = 3) -> Tunable:
    """A surrogate with a prefix in every layer."""
    tunable = Tunable(encoder, "tiny")
    config = tunable.config
    width = getattr(config, "d_kv", None) or config.hidden_size // config.num_attention_heads
    generator = torch.Generator().manual_seed(0)
    for module in tunable.attentions("prefix").values():
        value = torch.randn(2, config.num_attention_heads, room, width, generator=generator)
        module.register_parameter(attention.PREFIX, torch.nn.Parameter(value))
    return tunable


@pytest.mark.parametrize("theirs", ["eager", "sdpa"])
@pytest.mark.parametrize("kind", KINDS)
def test_ours_equals_transformers(surrogate: Surrogate, kind: str, theirs: str) -> None:
    encoder, own = surrogate(kind), Tunable(surrogate(kind), "tiny")
    encoder.model.set_attn_implementation(theirs)
    padded_texts = batch(encoder)
    seen = padded_texts["attention_mask"].bool()
    with torch.no_grad():
        expected = encoder.model(**padded_texts, output_hidden_states=True).hidden_states
        kept: list[torch.Tensor] = []
        own(padded_texts, kept)
    assert len(kept) == len(expected) == 3
    for ours, other in zip(kept, expected, strict=True):
        torch.testing.assert_close(ours[seen], other[seen], atol=2e-5, rtol=1e-4)


@pytest.mark.parametrize("kind", KINDS)
def test_ours_pools_as_the_encoder_does(surrogate: Surrogate, kind: str) -> None:
    encoder = surrogate(kind)
    padded_texts = batch(encoder)
    expected = encoder.encode(texts(10))[:, -1]
    with torch.no_grad():
        actual = Tunable(encoder, "tiny")(padded_texts).numpy()
    np.testing.assert_allclose(actual, expected, atol=2e-5, rtol=1e-4)


@pytest.mark.parametrize("kind", KINDS)
def test_every_layers_prefix_counts(surrogate: Surrogate, kind: str) -> None:
    tunable = prefixed(surrogate(kind))
    padded_texts = batch(tunable.encoder)
    with torch.no_grad():
        plain, before = Tunable(surrogate(kind), "tiny")(padded_texts), tunable(padded_texts)
        assert (before - plain).norm(dim=1).min() > 1e-2
        for module in tunable.attentions("prefix").values():
            for half in range(2):  # keys, then values
                value = module.get_parameter(attention.PREFIX)
                value[half] += 1.0
                assert (tunable(padded_texts) - before).norm(dim=1).min() > 1e-3
                value[half] -= 1.0


@pytest.mark.parametrize("kind", KINDS)
def test_padding_does_not_leak_into_a_prefixed_text(surrogate: Surrogate, kind: str) -> None:
    tunable = prefixed(surrogate(kind))
    tokens = tunable.encoder.tokenise(texts(10))
    padded_texts = tunable.encoder.padded(tokens)
    other = padded_texts | {
        "input_ids": torch.where(padded_texts["attention_mask"].bool(), padded_texts["input_ids"], 7)
    }
    assert not torch.equal(other["input_ids"], padded_texts["input_ids"])
    with torch.no_grad():
        together = tunable(padded_texts)
        torch.testing.assert_close(tunable(other), together, atol=1e-6, rtol=1e-6)
        for row, actual in enumerate(tokens):
            alone = tunable(tunable.encoder.padded([actual]))[0]
            torch.testing.assert_close(alone, together[row], atol=2e-5, rtol=1e-4)


@pytest.mark.parametrize("kind", KINDS)
def test_no_mask_says_that_all_tokens_count(surrogate: Surrogate, kind: str) -> None:
    """ModernBERT's local layers see their window only, mask or not."""
    tunable = prefixed(surrogate(kind))
    padded_texts = tunable.encoder.padded(tunable.encoder.tokenise([("a dog sat on the mat . very good ,", "film")]))
    maskless = {name: value for name, value in padded_texts.items() if name != "attention_mask"}
    with torch.no_grad():
        torch.testing.assert_close(tunable(maskless), tunable(padded_texts), atol=2e-5, rtol=1e-4)


@pytest.mark.parametrize("scaling", [None, 1.0])
@pytest.mark.parametrize("biased", [False, True])
def test_a_prefix_is_keys_and_values_that_every_text_sees(biased: bool, scaling: float | None) -> None:
    """Against torch's fused attention over keys and values put together by hand; neither mask nor position bias
    touches those of the prefix."""
    generator = torch.Generator().manual_seed(0)
    query, key, value = (torch.randn(2, 2, 5, 4, generator=generator) for _ in range(3))
    prefix = torch.randn(2, 2, 3, 4, generator=generator)
    mask = torch.zeros(2, 1, 1, 5)
    mask[1, ..., 3:] = MASKED
    bias = torch.randn(1, 2, 5, 5, generator=generator) if biased else torch.zeros(1, 2, 5, 5)
    module = torch.nn.Module()
    module.register_parameter(attention.PREFIX, torch.nn.Parameter(prefix))
    with torch.no_grad():
        actual, nothing = attention.attend(module, query, key, value, mask, scaling, bias if biased else None)
    keys, values = (
        torch.cat([own.expand(2, -1, -1, -1), x], dim=2) for own, x in zip(prefix, (key, value), strict=True)
    )
    added = torch.cat([torch.zeros(2, 2, 5, 3), (mask + bias).expand(2, 2, 5, 5)], dim=3)
    expected = functional.scaled_dot_product_attention(query, keys, values, added, scale=scaling)
    torch.testing.assert_close(actual, expected.transpose(1, 2), atol=1e-6, rtol=1e-5)
    assert nothing is None
