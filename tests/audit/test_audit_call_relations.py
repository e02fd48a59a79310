"""Audits of routines that call others by contracts about integers: a point of P-256, and a square of 16 words."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from exporting import exported

from armsym.audit.audit import Verdict, audit
from armsym.audit.bundle import Bundle, Case, Relation
from armsym.audit.elf import Elf
from armsym.audit.text import read, write
from armsym.audit.together import settle
from specs.sp800_186 import P256

EXAMPLES = Path(__file__).resolve().parents[2] / "crypto_examples"
INNER = ("mul_mont", "sqr_mont", "add", "sub_from", "sub_morf", "div_by_2")


@pytest.fixture(scope="module")
def doubling() -> list[tuple[Bundle, Path]]:
    file = EXAMPLES / "openssl" / "p256_points.py"
    names = ["openssl_ecp_nistz256_point_double", *(f"openssl__ecp_nistz256_{name}" for name in INNER)]
    return [exported(file, name) for name in names]


@pytest.fixture(scope="module")
def square() -> list[tuple[Bundle, Path]]:
    file = EXAMPLES / "aws_lc" / "karatsuba.py"
    return [exported(file, name) for name in ("bignum_ksqr_16_32", "Lbignum_ksqr_16_32_local_sqr_8_16")]


def _verdict(of: tuple[Bundle, Path]) -> Verdict:
    bundle, path = of
    elf = Elf.read(path)
    return audit(read(write(bundle)), elf, elf.symbol(bundle.symbol)[0])


def _settled(bundles: list[tuple[Bundle, Path]]) -> list[Verdict]:
    verdicts = [_verdict(of) for of in bundles]
    settle(verdicts)
    return verdicts


@contextmanager
def _changed(case: Case) -> Iterator[Case]:
    """A case that may be changed, and is as it was afterwards."""
    relations, known, cuts = case.relations[:], case.known[:], {n: replace(c) for n, c in case.cuts.items()}
    try:
        yield case
    finally:
        case.relations[:], case.known[:] = relations, known
        case.cuts.clear()
        case.cuts.update(cuts)


def test_a_point_is_doubled(doubling: list[tuple[Bundle, Path]]) -> None:
    first, *others = _settled(doubling)
    assert [v.audited for v in others] == [True] * 6, [v.refused for v in others]
    assert first.audited, first.refused
    assert sorted({*first.rests_on}) == sorted(bundle.proof for bundle, _ in doubling[1:])
    assert first.counts["calls by contract"] == 2 * 19
    # The coordinates and their ranges, apart and in place; and of each call that its operands are below p.
    assert first.relations > 2 * (6 + 19)


def test_without_one_inner_routine_it_is_not_audited(doubling: list[tuple[Bundle, Path]]) -> None:
    first = _settled(doubling[:1] + doubling[2:])[0]
    assert first.shown
    assert not first.audited
    assert {*first.unsettled.values()} == {"__ecp_nistz256_mul_mont"}


def _more(r: Relation) -> Relation:
    return replace(r, high=r.high + 1)  # type: ignore[operator]


def _less(r: Relation) -> Relation:
    return replace(r, high=r.high - 1)  # type: ignore[operator]


@pytest.mark.parametrize(("change", "why"), [(_more, "is not shown"), (_less, "")])
def test_what_a_coordinate_is_below_has_to_be_enough(
    doubling: list[tuple[Bundle, Path]], change: Callable[[Relation], Relation], why: str
) -> None:
    """Coordinates may be p: then products are asked of what is not below p.  Below p - 1 they are below p, too."""
    bundle, path = doubling[0]
    with _changed(bundle.cases[0]) as case:
        assert case.known[0].high == P256.p - 1
        case.known[0] = change(case.known[0])
        verdict = _verdict((bundle, path))
    assert not why or verdict.refused
    assert any(why in r or "bounds" in r or "no fact" in r for r in verdict.refused) == bool(why), verdict.refused


def test_another_multiple_is_refused(doubling: list[tuple[Bundle, Path]]) -> None:
    bundle, path = doubling[0]
    for k in range(3):
        with _changed(bundle.cases[1]) as case:
            r = case.relations[k]
            assert r.modulus == P256.p
            case.relations[k] = replace(r, terms=(*r.terms, (1, ())))
            assert _verdict((bundle, path)).refused


def test_a_result_that_would_be_smaller_is_refused(doubling: list[tuple[Bundle, Path]]) -> None:
    bundle, path = doubling[0]
    with _changed(bundle.cases[0]) as case:
        k = next(k for k, r in enumerate(case.relations) if not r.modulus)
        case.relations[k] = replace(case.relations[k], high=P256.p - 2)
        assert _verdict((bundle, path)).refused


def test_used_contracts_that_say_more_or_ask_less_settle_nothing(doubling: list[tuple[Bundle, Path]]) -> None:
    """The caller's bundle closes with them; but no bundle has such a contract."""
    bundle, path = doubling[0]
    symbol = "__ecp_nistz256_mul_mont"
    changes: list[tuple[str, Callable[[list[Relation]], None]]] = [
        ("known", lambda said: said.clear()),
        ("relations", lambda said: said.append(said[-1])),
    ]
    for where, change in changes:
        kept = {k: getattr(c, where)[:] for k, c in enumerate(bundle.uses[symbol])}
        try:
            for c in bundle.uses[symbol]:
                change(getattr(c, where))
            first = _settled([(bundle, path), doubling[1]])[0]
        finally:
            for k, relations in kept.items():
                getattr(bundle.uses[symbol][k], where)[:] = relations
        assert symbol in first.unsettled.values()
    assert symbol not in _settled(doubling[:2])[0].unsettled.values()


def test_a_square_is_made_of_three(square: list[tuple[Bundle, Path]]) -> None:
    first, inner = _settled(square)
    assert inner.audited, inner.refused
    assert first.audited, first.refused
    assert first.counts["calls by contract"] == 3


def test_what_a_cut_says_again_of_a_call_is_shown_there(square: list[tuple[Bundle, Path]]) -> None:
    """A cut that says of what a call has left another number than the call told."""
    bundle, path = square[0]
    told = [
        (n, k) for n, c in bundle.cases[0].cuts.items() for k, r in enumerate(c.relations) if "told before" in r.name
    ]
    assert told
    for n, k in told:
        with _changed(bundle.cases[0]) as case:
            cut = case.cuts[n] = replace(case.cuts[n], relations=case.cuts[n].relations[:])
            r = cut.relations[k]
            cut.relations[k] = replace(r, terms=(*r.terms, (1, ())))
            assert any(f"at cut {n}" in why or f"of cut {n - 1}" in why for why in _verdict((bundle, path)).refused)


def test_a_cut_that_says_less_of_a_call_is_not_enough(square: list[tuple[Bundle, Path]]) -> None:
    bundle, path = square[0]
    with _changed(bundle.cases[0]) as case:
        for n, c in case.cuts.items():
            case.cuts[n] = replace(c, relations=[r for r in c.relations if "told before" not in r.name])
        assert _verdict((bundle, path)).refused
