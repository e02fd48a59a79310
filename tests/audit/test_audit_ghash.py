"""GHASH of shipped files: products over GF(2) from a proof to the audit, and nothing that is wrong."""

from __future__ import annotations

import random
from collections.abc import Callable
from pathlib import Path

import pytest
from exporting import exported

from armsym.audit.audit import Verdict, audit
from armsym.audit.bundle import Bundle, Ensured
from armsym.audit.elf import Elf
from armsym.audit.facts import Facts
from armsym.audit.raw import Program, ones
from armsym.audit.text import read, write
from armsym.audit.wording import contract_lines
from armsym.audit.words import Words
from armsym.certify.export import Exporter
from armsym.certify.multipliers import Search

ROOT = Path(__file__).resolve().parents[2]
BLOCK = ones(128)


def _of_ring(name: str) -> tuple[Bundle, Path]:
    return exported(ROOT / "crypto_examples" / "ring" / "symmetric.py", name)


@pytest.fixture(scope="module")
def gmult() -> tuple[Bundle, Path]:
    return _of_ring("gcm_gmult_clmul")


def _verdict(bundle: Bundle, data: bytes) -> Verdict:
    elf = Elf.parse(data)
    return audit(bundle, elf, elf.symbol(bundle.symbol)[0])


def test_a_product_by_the_key_is_audited(gmult: tuple[Bundle, Path]) -> None:
    bundle, path = gmult
    again = read(write(bundle))
    verdict = _verdict(again, path.read_bytes())
    assert verdict.audited, verdict.refused
    told = list(contract_lines(again.cases[0]))
    assert "gf128.mul(x, y): the product of blocks of SP 800-38D, 6.3, the leftmost bit of weight 2^127" in told
    assert "on return ('Xi 0'): Xi[0] on return = gf128.mul(Xi[0], H)" in told


def test_a_table_of_powers_is_audited() -> None:
    """Products of products: squares, and powers whose factors the code has in another order than the standard."""
    bundle, path = _of_ring("gcm_init_clmul")
    verdict = _verdict(read(write(bundle)), path.read_bytes())
    assert verdict.audited, verdict.refused
    powers = [line for line in contract_lines(bundle.cases[0]) if "gf128.mul(gf128.mul(" in line]
    assert powers


@pytest.mark.parametrize("changed", ["operand", "square", "bits"])
def test_another_product_is_refused(changed: str, gmult: tuple[Bundle, Path]) -> None:
    bundle, path = gmult
    other = read(write(bundle))
    case = other.cases[0]
    t: Program = case.table
    (claim,) = case.ensures
    product = claim.right
    assert t[product][:2] == ("App", "gf128.mul")
    x, h = t[product][2]
    wrong: dict[str, Callable[[], int]] = {
        "operand": lambda: t.app("gf128.mul", (x, t.xor(h, t.const(1))), BLOCK),
        "square": lambda: t.app("gf128.mul", (x, x), BLOCK),
        "bits": lambda: t.app("gf128.mul", (x, h), BLOCK >> 1),
    }
    case.ensures[:] = [Ensured(claim.name, claim.left, wrong[changed]())]
    # With hints made for it, so that it is not refused for the old ones.
    Exporter(other.symbol, str(path), [case], as_they_stand=True).finish(other)
    other.missing, other.cases = [], [case]
    verdict = _verdict(other, path.read_bytes())
    assert not verdict.audited
    if changed == "bits":
        assert any("gf128.mul gives more than what is within 0x7" in r for r in verdict.refused), verdict.refused


def test_flipped_bits_in_the_code_are_refused(gmult: tuple[Bundle, Path]) -> None:
    bundle, path = gmult
    elf, data = Elf.read(path), path.read_bytes()
    address, size = elf.symbol(bundle.symbol)
    first = b"".join(elf.word(address + 4 * k).to_bytes(4, "little") for k in range(size // 4))
    assert data.count(first) == 1
    start, rng = data.index(first), random.Random(12)
    accepted = []
    for bit in (11, *(rng.randrange(8 * size) for _ in range(7))):
        changed = bytearray(data)
        changed[start + bit // 8] ^= 1 << bit % 8
        if _verdict(bundle, bytes(changed)).audited:
            accepted.append((bit // 32, bit % 32))
    # In words of the vectors that LD1 loads: 2 of 64 bits, or 8 of 16, are the same 16 bytes.
    assert accepted == [(0, 11)]


# -- what differs from 0 before its sign is known: the blocks that are left at the end ------------------


def _left(order: list[str]) -> Facts:
    """n from 1 to 7, of which 16 n = 32 is false and 16 n >= 32 true, told in this order."""
    w = Words(Program())
    n = w.program.var("num.n", 7)
    bytes_, two = w.mulc(64, n, 16), w.const(32)
    equal = w.is_zero(64, w.sub(64, bytes_, two))
    more = w.said(w.shr(w.add(65, bytes_, w.not_(64, two), w.const(1)), 64), "uge", 64, bytes_, two)
    facts = Facts(w, Search())
    facts.add((-1, {n: 1}))
    for what in order:
        facts = facts.fork()
        facts.assume({"unequal": equal, "more": more, "less": more}[what], what == "more")
        if what == "unequal":
            facts.fork().assume(more, False)  # another path's facts are not this one's
    facts.words.meaning[0] = ("number", n)
    return facts


@pytest.mark.parametrize(("order", "least", "most"), [
    (["unequal", "more"], 3, 7), (["more", "unequal"], 3, 7), (["unequal", "less"], 1, 1), (["less", "unequal"], 1, 1),
    (["unequal"], 1, 7), (["more"], 2, 7),
])  # fmt: skip
def test_what_differs_from_0_is_above_or_below_it(order: list[str], least: int, most: int) -> None:
    facts = _left(order)
    n = facts.words.meaning[0][1]
    shown = [k for k in range(9) if facts.shows((-k, {n: 1}))], [k for k in range(9) if facts.shows((k, {n: -1}))]
    assert shown == (list(range(least + 1)), list(range(most, 9)))
