"""Cuts that lie, each against one hypothesis of the rule of cuts (coq/Cuts.v): a run contradicts what would be audited.

Each is refused by one check, and would be audited without that check: nothing else stands for it.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from lying import Lie

from armsym.audit.arrivals import Arrivals
from armsym.audit.bundle import Cut, Fact, Index, Unknown
from armsym.audit.ground import Ground
from armsym.audit.raw import ones
from armsym.audit.walk import Walk

NO_INDEX, COUNT, NO_X5 = 0xD2800006, 0x910004C6, 0xD2800005  # MOV X6, #0; ADD X6, X6, #1; MOV X5, #0
HERE, ON, BACK = 0x14000000, 0x14000001, 0x17FFFFFF  # B to this word, the next, the one before
TWICE, FIVE_TIMES, LESS = 0xF10008DF, 0xF10014DF, 0x54FFFFC3  # CMP X6, #2; CMP X6, #5; B.LO two words back
LARGE = (0xF10014BF, 0x54000042, 0xD65F03C0, 0xD28009A0)  # CMP X5, #5; B.HS over; RET; over: MOV X0, #77
IF_X5 = 0xB4000045  # CBZ X5, two words on
RET = 0xD65F03C0


def claims_77(*words: int, at: int = 1) -> Lie:
    """A cut at a word of this code, and that X0 is 77 on return, which no run of it gives, or not every."""
    lie = Lie(words, at)
    lie.returns(lie.case.table.const(77))
    return lie


def counted(lie: Lie, bits: int, step: int, upto: int, *, inclusive: bool = False) -> Lie:
    """With this index in X6."""
    t = lie.case.table
    lie.cut.index = Index("s1", bits, step, t.const(upto), inclusive)
    lie.holds(6, t.var("s1", bits))
    return lie


def bouncing() -> Lie:
    """Two cuts beside each other, and a loop from one to the other: neither index ever grows."""
    lie = claims_77(NO_INDEX, ON, BACK)
    t, cut = lie.case.table, lie.cut
    lie.holds(6, t.const(0))
    flags = [f"s{k}" for k in range(12, 16)]
    unknowns = [Unknown(name, 1, True, place, 0) for name, place in zip(flags, "nzcv", strict=True)]
    index = replace(cut.index, name="s11")
    lie.case.cuts[2] = Cut(2, 0, cut.address + 4, index, unknowns, x=cut.x, sp=cut.sp, v=cut.v)
    lie.case.cuts[2].flags = tuple(t.var(name, 1) for name in flags)
    return lie


def of_x5() -> Lie:
    """X5 is 0; where it is 5 or more X0 becomes 77."""
    return claims_77(NO_X5, NO_INDEX, COUNT, TWICE, LESS, *LARGE, RET, at=2)


def fact_of_x5() -> Lie:
    lie = of_x5()
    lie.cut.facts.append(Fact(-5, ((lie.unknown(5, "s6", 0xFF, secret=False), 1),)))
    return lie


def another_x0() -> Lie:
    """At the cut X0 is X1 as it was, and so on return."""
    lie = Lie((NO_INDEX, COUNT, TWICE, LESS, RET), 1)
    x1 = lie.case.table.var("x1_in", ones(64))
    lie.holds(0, x1)
    lie.returns(x1)
    return lie


def secret_x5() -> Lie:
    """A branch tells whether X5 is 0."""
    lie = Lie((NO_INDEX, COUNT, TWICE, LESS, IF_X5, RET, RET), 1)
    lie.returns(lie.case.table.var("x0_in", ones(64)))
    return lie


def secret_unknown() -> Lie:
    lie = secret_x5()
    lie.unknown(5, "s6", ones(64), secret=False)
    return lie


def unshown(kind: str) -> Callable[[pytest.MonkeyPatch], None]:
    """As if what is said to be at least 0, or equal, were so: of what this is the beginning of."""

    def plant(patch: pytest.MonkeyPatch) -> None:
        show, claim = Arrivals._follows, Arrivals._claim
        patch.setattr(Arrivals, "_follows", lambda s, f, form, what: what.startswith(kind) or show(s, f, form, what))
        patch.setattr(
            Arrivals, "_claim", lambda s, state, a, b, what: what.startswith(kind) or claim(s, state, a, b, what)
        )
        if kind in ("index", "fact"):  # asked before, too: a path that does not end at the cut goes on
            patch.setattr(Arrivals, "_within", lambda *_: True)

    return plant


def no_growth(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Arrivals, "_show_index", lambda *_, **__: None)


def any_cut(patch: pytest.MonkeyPatch) -> None:
    made = Ground.__init__

    def init(self: Ground, *arguments: Any) -> None:
        made(self, *arguments)
        self._ends = [c for c in self.case.cuts.values() if c.number]

    patch.setattr(Ground, "__init__", init)


def not_from_cuts(patch: pytest.MonkeyPatch) -> None:
    run = Walk.run
    patch.setattr(Walk, "run", lambda walk: walk.source.number or run(walk))


def no_secrets(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Ground, "secret", lambda *_: False)


def public_unknowns(patch: pytest.MonkeyPatch) -> None:
    arrive = Arrivals._arrive

    def arriving(self: Arrivals, state: Any, cut: Cut) -> None:
        arrive(self, state, replace(cut, unknowns=[replace(u, secret=True) for u in cut.unknowns]))

    patch.setattr(Arrivals, "_arrive", arriving)


#: hypothesis: (the lie, why it is refused, what takes that check out).
LIES: dict[str, tuple[Callable[[], Lie], str, Callable[[pytest.MonkeyPatch], None]]] = {
    "grows": (lambda: counted(claims_77(NO_INDEX, HERE), 15, 0, 2), "grows by 0", no_growth),
    "grows, as a number": (
        lambda: counted(claims_77(NO_INDEX, COUNT, BACK), ones(64), 1, ones(64), inclusive=True),
        "may wrap around",
        no_growth,
    ),
    "below": (
        lambda: claims_77(NO_INDEX, COUNT, FIVE_TIMES, LESS, RET),
        "told, on return from cut 1",
        unshown("index"),
    ),
    "arrives": (bouncing, "index, at cut 1", any_cut),
    "facts": (fact_of_x5, "told, on return from the entry", unshown("fact")),
    "at_cut": (another_x0, "x0, at cut 1", unshown("x0")),
    "post": (lambda: claims_77(NO_INDEX, COUNT, TWICE, LESS, RET), "told, on return", unshown("told")),
    "all_paths": (lambda: claims_77(NO_INDEX, COUNT, TWICE, LESS, RET), "told, on return", not_from_cuts),
    "alone, of a branch": (secret_x5, "a branch depends on a secret", no_secrets),
    "alone, of an unknown": (secret_unknown, "s6, which at cut 1 .* is public, depends on a secret", public_unknowns),
}


@pytest.mark.parametrize("hypothesis", LIES, ids=str)
def test_a_lie_is_refused_and_by_one_check_alone(
    hypothesis: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lie, why, without = LIES[hypothesis]
    refused = lie().verdict(tmp_path).refused
    assert len(refused) == 1
    assert re.search(why, refused[0]), refused
    without(monkeypatch)
    verdict = lie().verdict(tmp_path)
    assert verdict.audited, verdict.refused


def test_what_is_told_truly_of_the_same_codes_is_audited(tmp_path: Path) -> None:
    lie = Lie((NO_X5, NO_INDEX, COUNT, TWICE, LESS, *LARGE, RET), 2)
    lie.returns(lie.case.table.var("x0_in", ones(64)))
    lie.holds(5, lie.case.table.const(0))
    verdict = lie.verdict(tmp_path)
    assert verdict.audited, verdict.refused
