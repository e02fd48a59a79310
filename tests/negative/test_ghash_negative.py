"""False statements about shipped GHASH routines: the algebra over GF(2) must not show them.

The concrete runs' verdicts are held back, so that it is the symbolic proof that has to refuse.
"""

from __future__ import annotations

from collections.abc import Callable

import pytest
from refusing import refute, symbolically
from shipped import image_of

import armsym.proof.run
from armsym.bits import Bits, opaque
from armsym.dsl import Proof
from armsym.elf import Image
from armsym.proof.engine import Budget
from crypto_examples import gcm
from crypto_examples.wheels import AWS_LC
from specs.gcm import multiply

pytestmark = pytest.mark.wheels

BUDGET = Budget(seconds=60)


@pytest.fixture(scope="module")
def library() -> Image:
    return image_of(AWS_LC)


@pytest.fixture(autouse=True)
def _few_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(armsym.proof.run, "TRIALS", armsym.proof.run.TRIALS[:3])


def gmult(p: Proof) -> None:
    gcm.gmult(p, gcm.swapped)


def init(p: Proof) -> None:
    gcm.init(p, gcm.swapped)


def ghash(p: Proof) -> None:
    gcm.ghash(p, 4, gcm.swapped)


@opaque("negative_multiply", 128)
def by_another_modulus(X: Bits, Y: Bits) -> Bits:
    """As in the standard, but modulo x^128 + x^7 + x^2 + 1."""
    Z, V = Bits(128, 0), Y
    for i in range(127, -1, -1):
        Z = Z ^ (X[i].sign_extend(128) & V)
        V = (V >> 1) ^ (V[0].sign_extend(128) & (0b10100001 << 120))
    return Z


true_multiply, true_powers, true_twisted = multiply, gcm.powers, gcm.twisted

#: What is replaced in the statement, by what, and for which routines the statement is false then.
FALSE: dict[str, tuple[str, Callable[..., object], str]] = {
    "another modulus": ("multiply", by_another_modulus, "gmult init"),
    "a product forgotten": ("multiply", lambda X, Y: X, "gmult init"),
    "one bit more": ("multiply", lambda X, Y: true_multiply(X, Y) ^ 1, "gmult init"),
    "by H squared": ("multiply", lambda X, Y: true_multiply(true_multiply(X, Y), Y), "gmult init"),
    "the wrong powers": ("powers", lambda H, n: [*true_powers(H, n)[: n - 1], H], "init"),
    "powers of another order": ("powers", lambda H, n: true_powers(H, n)[::-1], "init gmult"),
    "no twist": ("twisted", lambda X: X, "init gmult"),
    "twisted twice": ("twisted", lambda X: true_twisted(true_twisted(X)), "init gmult"),
    "a block forgotten": ("GHASH_step", lambda H, Y, X: true_multiply(Y, H), "ghash"),
    "by H squared in a step": ("GHASH_step", lambda H, Y, X: true_multiply(Y ^ X, true_multiply(H, H)), "ghash"),
}
#: For each routine, what is not shown when its statement is false.
ROUTINES = {
    "gmult": (gmult, "gcm_gmult_v8", {"ensures": ["Xi"]}),
    "init": (init, "gcm_init_v8", {"ensures": ["Htable"]}),
    "ghash": (
        ghash,
        "gcm_ghash_v8_4x",
        {"invariant": ["invariant at gcm_ghash_v8_4x+0xa0, step: Y so far"], "ensures": ["Xi"]},
    ),
}


@pytest.mark.parametrize(("why", "routine"), [(why, r) for why, (_, _, rs) in FALSE.items() for r in rs.split()])
def test_false_statement(why: str, routine: str, library: Image, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither shown symbolically, nor by a user's run, which refutes it."""
    name, wrong, _ = FALSE[why]
    monkeypatch.setattr(gcm, name, wrong)
    fn, symbol, expected = ROUTINES[routine]
    assert symbolically(fn, library, symbol, visits=4, budget=BUDGET) == expected
    assert refute(fn, library, symbol)[0] == "ensures"


@pytest.mark.parametrize("routine", ROUTINES)
def test_true_statement(routine: str, library: Image) -> None:
    """By the same means, all is shown when nothing is replaced."""
    fn, symbol, _ = ROUTINES[routine]
    assert symbolically(fn, library, symbol, visits=4, budget=BUDGET) == {}
