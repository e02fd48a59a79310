"""A profile counts what is spent once, where it belongs; and a proof with one is the same proof."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from assembling import assembled
from refusing import BUDGET

from armsym.bits import Bits
from armsym.discharge.second import BITWUZLA
from armsym.dsl import Claims, Proof, State
from armsym.elf import load_bytes
from armsym.proof.profile import KEPT, Goal, Profile, Spent, asked, at_place, measuring, profiling, spending
from armsym.proof.result import ProofResult, Status
from armsym.proof.run import prove
from armsym.report.outcome import Outcome
from armsym.report.profile_text import profile_lines, write_goals
from semantics import A64

CODE = """
        .text
        .global f
        .type   f, %function
f:      mov     x3, #0
1:      ldr     x4, [x0], #8
        add     x3, x3, x4
        subs    x1, x1, #1
        b.ne    1b
        umulh   x5, x2, x2
        lsr     x5, x5, #63
        add     x0, x3, x5
        ret
"""


def _sum(p: Proof) -> None:
    n, k = p.nat("n", low=1, high=2**20), p.word("k", 64, possible=2**32 - 1)
    a = p.region("a", 8 * n, access="r")
    p.call(x0=a, x1=n, x2=k)
    S = p.fold(lambda s, b: [s[0] + b[0]], start=[Bits(64, 0)], over=a.blocks(words=1, width=64), name="S")

    @p.invariant(p.routine.back_edge(), upto=n)
    def _(s: State, i: Bits) -> Claims:
        return {"sum": s.x3 == S(i)[0]}

    p.ensures(lambda s: {"sum": s.x0 == S(n)[0]})


def _answer(profile: Profile | None) -> ProofResult:
    image = load_bytes(assembled(CODE), "f.o")
    return prove(_sum, name="f", image=image, symbol="f", isa=A64, budget=BUDGET, profile=profile)


def _spin(seconds: float) -> None:
    until = time.process_time() + seconds
    while time.process_time() < until:
        pass


def test_a_proof_is_the_same_with_a_profile() -> None:
    plain, measured = _answer(None), _answer(Profile())
    assert plain.profile is None
    assert plain.status is measured.status is Status.PROVED
    assert [(o.kind, o.name, o.status, o.by) for o in plain.obligations] == [
        (o.kind, o.name, o.status, o.by) for o in measured.obligations
    ]
    assert measuring() is None


def test_obligations_and_places_of_a_proof() -> None:
    p = Profile()
    r = _answer(p)
    assert r.profile is p
    known = {f"{o.kind}: {o.name}" for o in r.obligations}
    assert p.obligations.keys() <= known | {"invariant: invariant at f+0x4, step: sum"}
    assert p.obligations["ensures: sum"].times == p.obligations["abi: sp is restored"].times == 1
    assert {"runs on numbers", "exploration", "accesses shown in bounds", "claims made"} <= p.phases.keys()
    # Each instruction once from the entry and once from the loop's head, or once on the way out.
    assert set(p.places) == set(range(0, 36, 4))
    spans = sorted((x.first, x.last) for x in p.ranges())
    assert spans == [(0, 16), (20, 32)]
    total = sum(s.seconds for t in (p.phases, p.obligations, p.places) for s in t.values())
    assert total <= r.seconds
    text = "\n".join("".join(t for t, _ in line) for line in profile_lines(p))
    assert "phases" in text


def test_what_is_spent_within_is_not_counted_twice() -> None:
    p = Profile()
    with profiling(p), spending("phases", "outer"):
        _spin(0.05)
        with spending("obligations", "inner"):
            _spin(0.1)
        with at_place(p, 8, lambda: False):
            _spin(0.05)
    outer, inner, place = p.phases["outer"], p.obligations["inner"], p.places[8]
    assert 0.05 <= outer.seconds < 0.1
    assert 0.1 <= inner.seconds < 0.15
    assert 0.05 <= place.seconds < 0.1
    assert p.ends == {8}


def test_an_error_ends_what_is_measured() -> None:
    p = Profile()
    with profiling(p):
        with pytest.raises(ValueError, match="x"), spending("phases", "fails"):
            raise ValueError("x")
        assert p.doing == ""
    assert p.phases["fails"].times == 1
    assert measuring() is None


def test_nothing_is_measured_outside() -> None:
    p = Profile()
    with spending("phases", "before"):
        asked(9.0, "integers", lambda: pytest.fail("nobody wants the script"))
    with profiling(None), spending("phases", "none"):
        pass
    assert p == Profile()


def test_slow_goals_are_kept_and_can_be_asked_of_another_solver(tmp_path: Path) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("armsym.proof.profile.SLOW", 0.0)
        p = Profile()
        r = _answer(p)
    assert p.goals
    assert len(p.goals) <= KEPT
    assert [g.seconds for g in p.goals] == sorted((g.seconds for g in p.goals), reverse=True)
    write_goals([Outcome(r)], tmp_path / "goals")
    files = sorted((tmp_path / "goals").iterdir())
    assert len(files) == len(p.goals)
    texts = [f.read_text() for f in files]
    assert all(t.startswith("; f: ") for t in texts)
    # Of what Z3 was asked about the paths some follows and some does not; the other solver reads all of it.
    answers = {BITWUZLA.ask(t, 5.0).answer for t in texts}
    assert "unsat" in answers
    assert answers <= {"unsat", "sat"}


def test_only_the_slowest_are_kept() -> None:
    p = Profile()
    for k in range(2 * KEPT):
        p.goal(Goal(float(k), "o", "integers", ""))
    assert [g.seconds for g in p.goals] == [float(k) for k in range(2 * KEPT - 1, KEPT - 1, -1)]


def test_ranges_end_where_control_goes_elsewhere() -> None:
    p = Profile(places={0: Spent(1), 4: Spent(2), 8: Spent(4), 16: Spent(8)}, ends={4})
    assert [(r.first, r.last, r.spent.seconds) for r in p.ranges()] == [(16, 16, 8), (8, 8, 4), (0, 4, 3)]
