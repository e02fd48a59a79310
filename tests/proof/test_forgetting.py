"""What a cut forgets of a fold: words that are still the start's stay, all others are any words."""

from __future__ import annotations

from typing import cast

import pytest

from armsym.bits import Bits
from armsym.errors import InputError
from armsym.proof.arguments import argument_registers
from armsym.proof.folds import FoldValues
from armsym.proof.handles import Fold
from armsym.proof.state import Words
from armsym.terms.node import Var


class _Fold:
    """As much of a fold as is asked for."""

    name = "A"

    def __init__(self, *start: Bits) -> None:
        self.start = Words(start)


def _word(name: str) -> Bits:
    return Bits(32, Var(name, 32))


def test_only_what_is_still_the_start_is_kept() -> None:
    x, key, other = _word("x"), _word("key"), _word("other")
    f = cast("Fold", _Fold(x, key, key, other))
    values = FoldValues()
    values.of(f)[3] = Words([x + 1, key, other, key])
    after = values.forget(f, 3).of(f)[3]
    assert after[1].value is key.value
    # The start's words, but in other places, and new ones: nothing is known of them.
    for j in (0, 2, 3):
        assert all(after[j].value is not w.value for w in (x, key, other, x + 1))
    assert values.of(f)[3][0].value is not after[0].value, "paths that parted before keep theirs"


def test_a_value_nobody_asked_for_is_forgotten_whole() -> None:
    key = _word("key")
    f = cast("Fold", _Fold(key))
    assert FoldValues().forget(f, 2).of(f)[2][0].value is not key.value


def test_vector_registers_as_arguments() -> None:
    assert argument_registers({"v31": Bits(128, 5)}) == [("v", 31, Bits(128, 5))]
    for name, value in (("v32", Bits(128, 5)), ("v3", Bits(64, 5)), ("q3", Bits(128, 5)), ("xv3", Bits(64, 5))):
        with pytest.raises(InputError):
            argument_registers({name: value})
