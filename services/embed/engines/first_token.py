"""Computes an encoder's last layer for the first token only, where nothing else of that layer is read.

That is so in models that pool by the first (CLS) token, such as KURE-v1. It knows no tokenizer and no batch.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import nn


class FirstTokenLayer(nn.Module):
    """A layer as transformers writes it for BERT and its descendants; answers (batch, 1, width).

    Keys and values need every token; the query and all that follows are per token, so that the first one's
    output is what the whole layer would give for it.
    """

    def __init__(self, layer: Any) -> None:
        super().__init__()
        self.layer = layer

    def forward(
        self, rows: torch.Tensor, mask: torch.Tensor | None = None, *_: Any, **__: Any
    ) -> torch.Tensor:
        attention = self.layer.attention.self
        first = rows[:, :1]
        context = nn.functional.scaled_dot_product_attention(
            self._heads(attention.query(first)),
            self._heads(attention.key(rows)),
            self._heads(attention.value(rows)),
            attn_mask=None if mask is None else mask[:, :, :1],
        )
        joined = context.transpose(1, 2).reshape(first.shape[0], 1, -1)
        attended = self.layer.attention.output(joined, first)
        out: torch.Tensor = self.layer.output(self.layer.intermediate(attended), attended)
        return out

    def _heads(self, rows: torch.Tensor) -> torch.Tensor:
        size = self.layer.attention.self.attention_head_size
        return rows.view(*rows.shape[:2], -1, size).transpose(1, 2)


def shorten_last_layer(model: Any) -> bool:
    """Swaps the last layer of a sentence-transformers model in place; False where its shape is another one.

    Whether the vectors are still the same is for the caller to check.
    """
    pooling = next((module for module in model if type(module).__name__ == "Pooling"), None)
    layers = getattr(getattr(model[0].auto_model, "encoder", None), "layer", None)
    if getattr(pooling, "pooling_mode", None) not in ("cls", ("cls",), ["cls"]) or not layers:
        return False
    layers[-1] = FirstTokenLayer(layers[-1])
    return True
