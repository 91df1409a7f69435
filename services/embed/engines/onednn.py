"""Swaps the linear layers of a float32 CPU model for oneDNN ones with weights packed once.

It knows nothing of tokenizers, batches or what the model is for. Same mathematics in the same precision
(differences of 1e-6 from the order of sums); ADR 0008 has the figures.
"""

from __future__ import annotations

from typing import Any, cast

import torch
from torch import nn

# The number of rows (tokens) that the packed layout is chosen for; other numbers work as well.
_TYPICAL_ROWS = 512


class PackedLinear(nn.Module):
    """`nn.Linear`, optionally followed by exact GELU, as one oneDNN call. For inference on the CPU only."""

    def __init__(self, linear: nn.Linear, gelu: bool = False) -> None:
        super().__init__()
        weight = linear.weight.detach()
        self._weight = _ops()._reorder_linear_weight(weight, _TYPICAL_ROWS)
        self._bias = None if linear.bias is None else linear.bias.detach()
        self._activation = ("gelu", "none") if gelu else ("none", "")

    def forward(self, rows: torch.Tensor) -> torch.Tensor:
        name, algorithm = self._activation
        packed = _ops()._linear_pointwise(rows, self._weight, self._bias, name, [], algorithm)
        return cast(torch.Tensor, packed)


def available() -> bool:
    """Whether this build of torch has the operators (private ones, hence the question)."""
    needed = ("_reorder_linear_weight", "_linear_pointwise")
    has_onednn = cast(Any, torch.backends.mkldnn).is_available()
    return bool(has_onednn) and all(hasattr(_ops(), name) for name in needed)


def pack_linear_layers(module: nn.Module) -> int:
    """Swaps every float32 `nn.Linear` below `module` in place; answers how many."""
    packed = 0
    for name, child in list(module.named_children()):
        if _is_gelu_block(child):
            child.dense = PackedLinear(cast(nn.Linear, child.dense), gelu=True)
            child.intermediate_act_fn = nn.Identity()
            packed += 1
        elif _is_plain_linear(child):
            setattr(module, name, PackedLinear(cast(nn.Linear, child)))
            packed += 1
        else:
            packed += pack_linear_layers(child)
    return packed


def _is_plain_linear(module: Any) -> bool:
    return type(module) is nn.Linear and module.weight.dtype == torch.float32


def _is_gelu_block(module: nn.Module) -> bool:
    """The first half of a feed-forward block as transformers writes it for BERT and its descendants."""
    activation = getattr(module, "intermediate_act_fn", None)
    is_exact_gelu = type(activation).__name__ == "GELUActivation" or (
        isinstance(activation, nn.GELU) and activation.approximate == "none"
    )
    return is_exact_gelu and _is_plain_linear(getattr(module, "dense", None))


def _ops() -> Any:
    return torch.ops.mkldnn
