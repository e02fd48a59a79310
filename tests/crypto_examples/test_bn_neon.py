"""What is known of OpenSSL's bn_mul8x_mont_neon, Montgomery's product by digits of 16 bits, which is not proved.

It branches on whether the last subtraction was needed, which the operands tell: so it is not constant-time.  And it
does not return 1, as bn_mul_mont does, but the address of r's end, of which its caller looks at the lower half.
"""

from __future__ import annotations

import random
from collections.abc import Callable

import pytest
from shipped import image_of, with_word

from armsym.conform.unicorn_oracle import import_unicorn, new_core
from armsym.dsl import Claims, Proof, State, congruent
from armsym.elf import Image
from armsym.proof.engine import Budget
from armsym.proof.result import ProofResult, Status
from armsym.proof.run import prove
from crypto_examples.montgomery import examples
from crypto_examples.wheels import OPENSSL_4_0
from semantics import A64

SYMBOL = "bn_mul8x_mont_neon"

#: The branches that copy the difference, or what it was made of: of 4 words of 32 bits each, two in a row.
CHOICES = (0x9B0, 0x9EC)


#: Words of each number: the fewest are 8; bn_mul_mont goes there with more than 32.
NUM = 8


def statement(p: Proof) -> None:
    """As `bn_mul_mont_of_any_length`, for 8 words: its buffer ends at a multiple of 64 somewhere on the stack."""
    a, b, n = (p.region(name, 8 * NUM, access="r") for name in "abn")
    r, n0 = p.region("r", 8 * NUM, access="rw"), p.region("n0", 8, access="r")
    examples(p, a, b, n, n0)
    p.call(x0=r, x1=a, x2=b, x3=n, x4=n0, x5=NUM)
    p.modifies(r, p.stack(1024))
    A, B, N = (p.integer(x.words(64)) for x in (a, b, n))
    p.assume("n n0 = -1 modulo 2^64", congruent(p.integer(n.words(64)[:1]) * p.integer(n0.words(64)), -1, 2**64))
    p.assume("a < n", A < N)
    p.assume("b < n", B < N)

    @p.ensures
    def _(s: State) -> Claims:
        product = p.integer(r.words(64, at=s))
        return {"residue": congruent(2 ** (64 * NUM) * product, A * B, N), "range": product < N}


def returns_1(p: Proof) -> None:
    """What bn_mul_mont returns, and its caller takes for success."""
    statement(p)
    p.ensures(lambda s: {"success": s.w0 == 1})


def answer(fn: Callable[[Proof], None], image: Image) -> ProofResult:
    """Little is shown without invariants; what is wrong is found by runs."""
    budget = Budget(seconds=5, steps=4000, paths=8, claim_ms=500)
    return prove(fn, name=SYMBOL, image=image, symbol=SYMBOL, isa=A64, budget=budget)


def test_it_tells_whether_the_last_subtraction_was_needed() -> None:
    r = answer(statement, image_of(OPENSSL_4_0))
    assert r.status is Status.REFUTED
    assert r.counterexample is not None
    assert r.counterexample.kind == "constant-time"
    at = image_of(OPENSSL_4_0).symbol(SYMBOL).offset + CHOICES[0]
    assert f"branch condition 0x1 at {at:#x}" in str(r.counterexample)
    assert f"branch condition 0x0 at {at:#x}" in str(r.counterexample)


def test_it_does_not_return_1() -> None:
    r = answer(returns_1, image_of(OPENSSL_4_0))
    assert r.status is Status.REFUTED
    assert r.counterexample is not None
    assert r.counterexample.claim == "success"


@pytest.mark.parametrize(
    ("offset", "before", "after"),
    [
        pytest.param(0x110, 0x4EE684F0, 0x4EA71CF0, id="the carry of the first digits dropped"),
        pytest.param(0x49C, 0x4EED84C6, 0x4EA61CC6, id="the carry into the next block dropped"),
        pytest.param(0x480, 0x4EE585AD, 0x4EA51CAD, id="of the two digits of a word only the lower one carries"),
        pytest.param(0x82C, 0x4EEF84E7, 0x4EA71CE7, id="a carry at the end dropped"),
    ],
)
def test_a_carry_bug_is_refuted(offset: int, before: int, after: int) -> None:
    r = answer(statement, with_word(image_of(OPENSSL_4_0), SYMBOL, offset, before, after))
    assert r.status is Status.REFUTED
    assert r.counterexample is not None
    assert r.counterexample.kind == "ensures"


CODE, STACK, DATA, RETURN = 0x10_0000, 0x20_0000, 0x30_0000, 0x40_0000


def on_unicorn(a: int, b: int, n: int, num: int, r: int) -> tuple[int, int]:
    """The product that is at address r afterwards, and W0."""
    unicorn, k = import_unicorn()
    image, uc = image_of(OPENSSL_4_0), new_core()
    symbol = image.symbol(SYMBOL)
    for base in (CODE, STACK, DATA, RETURN):
        uc.mem_map(base, 0x1_0000)
    uc.mem_map(r & ~0xFFF, 0x1000)
    for at in range(0, symbol.size, 4):
        uc.mem_write(CODE + at, image.word(symbol.offset + at).to_bytes(4, "little"))
    places = [DATA + 0x1000 * i for i in range(4)]
    for at, value in zip(places, (a, b, n, pow(-n, -1, 2**64)), strict=True):
        uc.mem_write(at, value.to_bytes(8 * num, "little"))
    for register, value in zip(range(6), (r, *places, num), strict=True):
        uc.reg_write(k.UC_ARM64_REG_X0 + register, value)
    uc.reg_write(k.UC_ARM64_REG_SP, STACK + 0xFF90)
    uc.reg_write(k.UC_ARM64_REG_X30, RETURN)
    uc.emu_start(CODE, RETURN)
    assert unicorn is not None
    return int.from_bytes(uc.mem_read(r, 8 * num), "little"), uc.reg_read(k.UC_ARM64_REG_X0) & 0xFFFF_FFFF


@pytest.mark.parametrize("num", [36, 40, 64])
def test_it_returns_the_address_of_the_end(num: int) -> None:
    """So the caller, which takes 0 for a failure and computes anew, is told 0 where r ends at a multiple of 2^32.

    It computes anew of the operands, one of which may be r: that holds the product already.
    """
    rng = random.Random(num)
    n = rng.getrandbits(64 * num) | 1 << 64 * num - 1 | 1
    a, b = n - 1, rng.randrange(n)
    expected = a * b * pow(2, -64 * num, n) % n
    assert on_unicorn(a, b, n, num, 2**32 - 8 * num) == (expected, 0)
    assert on_unicorn(a, b, n, num, 2**32 - 0x800) == (expected, (2**32 - 0x800 + 8 * num) & 0xFFFF_FFFF)
