"""Claims about integers at cuts: what holds is audited; what does not hold there, or does not follow, is refused."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from exporting import exported
from lying import AGAIN, COUNT_TWO, RET, Lie, straight

import armsym.audit.arrivals
from armsym.audit.audit import audit
from armsym.audit.bundle import Bundle, Case, Relation
from armsym.audit.elf import Elf
from armsym.audit.ground import put
from armsym.audit.raw import ones
from armsym.audit.text import BundleError, read, write

ZERO, TWO, COUNTED = 0xD2800000, 0xD2800040, 0xD2800006  # MOV X0, #0; MOV X0, #2; MOV X6, #0
ADD_FOUR = 0x91001000  # ADD X0, X0, #4


def _loop(at_cut: Relation | None, on_return: int = 4, start: int = ZERO) -> Lie:
    """X0 grows by 4, twice; on return it is a multiple of a number, and at the cut what is said of s7, its value."""
    lie = Lie((start, COUNTED, ADD_FOUR, *COUNT_TWO, AGAIN[4], RET), 2)
    x0 = lie.unknown(0, "s7", ones(64), secret=True)
    if at_cut is not None:
        lie.cut.relations.append(replace(at_cut, terms=tuple((k, tuple(x0 for _ in of)) for k, of in at_cut.terms)))
    lie.case.relations.append(
        Relation("told", on_return, None, None, ((1, (lie.case.table.var("x0_out", ones(64)),)),))
    )
    return lie


def _multiple(n: int, less: int = 0) -> Relation:
    """The word less a number is a multiple of n."""
    return Relation("claim", n, None, None, ((1, (0,)), (-less, ())) if less else ((1, (0,)),))


def test_an_invariant_about_integers_is_audited(tmp_path: Path) -> None:
    verdict = _loop(_multiple(4)).verdict(tmp_path)
    assert verdict.audited, verdict.refused
    assert verdict.relations == 3  # on arriving for the first time, and again, and on return
    assert _loop(_multiple(2, less=1), 1, start=0xD2800020).verdict(tmp_path).audited


@pytest.mark.parametrize(
    ("lie", "where"),
    [
        (_loop(_multiple(8)), "claim, at cut 1"),  # holds at first, but not from one turn to the next
        (_loop(_multiple(4), start=TWO), "claim, at cut 1"),  # not at first
        (_loop(_multiple(4, less=2)), "claim, at cut 1"),
        (_loop(Relation("claim", 0, 0, 4, ((1, (0,)),))), "claim, at cut 1"),
        (_loop(Relation("claim", 0, 0, 0, ((1, (0,)),))), "claim, at cut 1"),
        (_loop(Relation("claim", 0, 1, 1, ()), on_return=8), "claim, at cut 1"),  # 0 = 1, of which everything follows
        (_loop(_multiple(4), on_return=8), "told, on return"),
        (_loop(_multiple(2)), "told, on return"),
        (_loop(None), "told, on return"),
    ],
)
def test_what_is_false_or_does_not_follow_is_refused(lie: Lie, where: str, tmp_path: Path) -> None:
    verdict = lie.verdict(tmp_path)
    assert any(where in r or "argument about integers" in r for r in verdict.refused), verdict.refused


def test_where_arrivals_show_nothing_of_integers_a_lie_passes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What the checks are for: left out, X0 is found to be a multiple of 8 after one turn."""
    lie = _loop(_multiple(8), on_return=4)
    assert lie.verdict(tmp_path).refused
    nothing = Relation("nothing", 1, None, None, ())
    monkeypatch.setattr(
        armsym.audit.arrivals,
        "put",
        lambda r, made, name: nothing if "at cut" in name else put(r, made, name),
    )
    assert _loop(_multiple(8), on_return=4).verdict(tmp_path).audited


def test_a_cut_speaks_of_what_stands_there_alone(tmp_path: Path) -> None:
    for name in ("x0_out", "s9", "c1"):
        lie = _loop(_multiple(4))
        there = lie.case.table.var(name, ones(64))
        lie.cut.relations.append(Relation("of another place", 0, 0, 0, ((1, (there,)), (-1, (there,)))))
        assert lie.verdict(tmp_path).refused


def test_what_is_said_at_a_cut_is_of_the_text() -> None:
    lie = _loop(_multiple(4))
    written = write(Bundle("lie", "f", "f.o", "0" * 64, "a test", "a test", cases=[lie.case]))
    assert read(written).cases[0].cuts[1].relations == lie.cut.relations
    (line,) = [x for x in written.splitlines() if x.startswith("relation") and "claim" in x]
    for other in (line.replace("relation 4", "relation -1"), f"{line}*99999", line.replace("none", "0", 1), f" {line}"):
        with pytest.raises(BundleError):
            read(written.replace(f"{line}\n", f"{other}\n"))
    assert straight(RET).case.cuts[0].relations == []


@pytest.fixture(scope="module")
def tomont() -> tuple[Bundle, Path]:
    proofs = Path(__file__).resolve().parents[2] / "crypto_examples" / "aws_lc" / "nist_fields.py"
    return exported(proofs, "bignum_tomont_p384")


def _value(case: Case, change: Callable[[Relation], Relation | None], which: int = 0) -> None:
    """One relation of the third of six cuts: 0 for its value, 1 for its range."""
    relations = case.cuts[3].relations
    changed = change(relations.pop(which))
    if changed is not None:
        relations.insert(which, changed)


@pytest.mark.wheels
def test_a_number_by_six_steps_is_audited(tomont: tuple[Bundle, Path]) -> None:
    bundle, path = tomont
    elf = Elf.read(path)
    entry, _ = elf.symbol(bundle.symbol)
    verdict = audit(read(write(bundle)), elf, entry)
    assert verdict.audited, verdict.refused
    assert verdict.relations == 2 * 2 * 7
    changes: tuple[Callable[[Case], None], ...] = (
        lambda c: _value(c, lambda r: replace(r, modulus=r.modulus + 2)),
        lambda c: _value(c, lambda r: replace(r, terms=(*r.terms, (1, ())))),
        lambda c: _value(c, lambda _: None),
        lambda c: _value(c, lambda _: None, 1),
        lambda c: _value(c, lambda r: replace(r, high=(r.high or 0) - 1), 1),
        lambda c: c.integers.update({3: []}),
        lambda c: c.integers.update({3: c.integers[4]}),
    )
    for change in changes:
        short = read(write(replace(bundle, cases=bundle.cases[:1])))
        change(short.cases[0])
        assert audit(short, elf, entry).refused
