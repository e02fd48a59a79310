"""`armsym explore`: walking a recorded run, trying lines at its points, and the screen driven as a person would."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest
from calls import run_python
from textual.events import Paste
from textual.widgets import RichLog

import armsym.cli
from armsym.elf import load
from armsym.errors import InputError
from armsym.explore import session as sessions
from armsym.explore.app import Explorer
from armsym.explore.commands import do
from armsym.explore.session import Session
from armsym.proof.registry import ProofDefinition, discover
from armsym.proof.result import Status
from crypto_examples.own_memcmp.proof import armsym_ct_memcmp
from crypto_examples.own_sha512.proof import armsym_sha512_blocks
from semantics import A64

OWN = Path(__file__).parents[2] / "crypto_examples" / "own_memcmp"


def explored(d: ProofDefinition) -> Session:
    return Session(d, name=d.name, image=load(d.object_spec()), symbol=d.symbol, isa=A64)


@pytest.fixture
def memcmp() -> Session:
    return explored(armsym_ct_memcmp)


def in_the_loop(s: Session) -> Session:
    """In an arbitrary iteration, after its first step."""
    for k, piece in enumerate(s.walk.pieces):
        if piece.how == "iteration" or (piece.loops and len(piece.lines) > 3):
            s.walk.go(k, min(1, len(piece.lines)))
            if s.walk.at is not None and len(piece.lines) > 2:
                return s
    raise AssertionError("no iteration was recorded")


def test_every_step_is_walked_forwards_and_back(memcmp: Session) -> None:
    walk = memcmp.walk
    assert memcmp.result.status is Status.PROVED
    for k, piece in enumerate(walk.pieces):
        for step, line in enumerate(piece.lines):
            assert walk.go(k, step)
            assert walk.line is line
            before = walk.state()
            assert walk.forward()
            after = walk.state() if walk.piece == k else before
            # Nothing but what the step changed, and what a cut claims before the next, is other than before.
            differ = {r for r in before if before[r] != after[r]}
            assert differ <= walk.changed()
            assert walk.back()
            assert (walk.piece, walk.step) == (k, step)
            assert walk.state() == before
    assert not walk.go(len(walk.pieces))
    assert not walk.go(0, 1000)


def test_over_a_loop_is_one_step_each_way(memcmp: Session) -> None:
    walk = memcmp.walk
    (loop,) = memcmp.routine.all_loops
    while walk.at != loop.head:
        assert walk.forward()
    assert walk.over()
    assert walk.at is None or not loop.head <= walk.at <= loop.end
    assert walk.over_back()
    assert walk.at is None or not loop.head < walk.at <= loop.end


def test_true_claims_are_shown_and_false_ones_are_not(memcmp: Session) -> None:
    s = in_the_loop(memcmp)
    right = s.tried("claim s.x2 == n - i")
    assert right.shown is True
    assert right.lines[0].startswith("@p.cut_within(p.routine.back_edge(), p.routine.entry + ")
    wrong = s.tried("claim s.x2 == n - i + 1")
    assert wrong.shown is False
    assert "does not hold" in "\n".join(wrong.text())
    # True in all short runs, false of some length: only the engine can tell.
    unproved = s.tried("claim n <= 100000")
    assert unproved.shown is False
    assert "not shown" in "\n".join(unproved.text())
    assert "proved" not in "\n".join(unproved.text() + wrong.text())


def test_what_is_tried_changes_no_answer(memcmp: Session) -> None:
    s = in_the_loop(memcmp)
    before = [(o.kind, o.name, o.status) for o in s.result.obligations]
    s.tried("claim n <= 100000")
    s.tried("lemma n <= 100000")
    assert [(o.kind, o.name, o.status) for o in s.result.obligations] == before
    again = explored(armsym_ct_memcmp)
    assert [(o.kind, o.name, o.status) for o in again.result.obligations] == before


def test_a_lemma_is_proved_before_it_is_known(memcmp: Session) -> None:
    assert memcmp.tried("lemma n <= 2**50").shown is True
    false = memcmp.tried("lemma n <= 2**49")
    assert false.shown is False
    assert not false.closes
    with pytest.raises(InputError, match="not shown"):
        memcmp.keep()
    assert memcmp.kept == []


def test_a_claim_where_no_path_comes_is_not_called_shown(memcmp: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    from armsym.explore.tactics import Tactic

    nowhere = Tactic("claim", "True", memcmp.routine.entry + 0x1000, None)
    monkeypatch.setattr(sessions, "parsed", lambda *_: nowhere)
    verdict = memcmp.tried("claim True")
    assert not verdict.shown
    assert "shown, by" not in "\n".join(verdict.text())


def test_what_holds_on_some_paths_only_is_not_called_shown() -> None:
    """No time is left after the claim was proved on the first path that comes there."""
    s = explored(armsym_sha512_blocks)
    do(s, "goto +0x1c")
    s.seconds = 0.0
    verdict = s.tried("claim s.x2 == n - i")
    assert verdict.shown is None
    assert not verdict.closes
    assert "not all were" in "\n".join(verdict.text())
    with pytest.raises(InputError):
        s.keep()


def test_splits_and_invariants_are_tried_and_kept(memcmp: Session) -> None:
    s = in_the_loop(memcmp)
    assert s.tried("split n - i == 1").closes
    assert s.last is not None
    assert s.last.lines == ["p.split(p.routine.back_edge(), lambda s, i: n - i == 1)"]
    kept = s.tried("invariant s.x2 == n - i")
    assert kept.shown
    assert kept.closes
    assert s.keep() is Status.PROVED
    assert s.to_copy() == ['"tried": s.x2 == n - i,']
    # What is tried now has another name, and builds on it.
    assert s.tried("cut s.x2 == n - i").tactic.name == "tried 2"
    s.drop()
    assert s.with_kept is None
    assert s.kept == []


def test_what_a_proof_lacks_is_found_by_trying(tmp_path: Path) -> None:
    """The invariant says nothing of the hash value: the claim that closes it is tried, kept, and changes no answer."""
    own = OWN.parent / "own_sha512"
    text = (own / "proof.py").read_text(encoding="utf-8")
    lacking = text.replace('"hash value so far": s.v[24:28] == lanes(H(i))', '"left": s.x2 == n - i')
    assert lacking != text
    (tmp_path / "lacking.py").write_text(lacking, encoding="utf-8")
    (tmp_path / "sha512.o").write_bytes((own / "sha512.o").read_bytes())
    s = explored(next(discover(tmp_path / "lacking.py")))
    assert s.result.status is Status.UNDECIDED
    assert any("hash value" in line for line in do(s, "open"))
    do(s, "goto +0x10")
    assert do(s, "ask v24") == ["v24 = any v24"]
    assert not s.tried("invariant s.x3 == s.x3").closes
    assert s.tried("invariant s.v[24:28] == lanes(H(i))").closes
    assert s.keep() is Status.PROVED
    assert s.to_copy() == ['"tried": s.v[24:28] == lanes(H(i)),']
    # What is said of the file is said of its own lines.
    assert s.result.status is Status.UNDECIDED
    assert do(s, "open") != ["nothing is open"]


def test_asking(memcmp: Session) -> None:
    s = in_the_loop(memcmp)
    assert do(s, "ask x2")[0] == "x2 = n - i"
    assert do(s, "ask s.x2 + 1") == ["(len - i + 1)"]  # as a term, in the names that were declared
    assert do(s, "open") == ["nothing is open"]


@pytest.mark.parametrize(
    "typed",
    [
        *("claim", "claim s.x2 ==", "claim nothing == 1", "claim s.x99 == 1", "claim 1/0", "cut s.x2"),
        *("bogus", "", "goto +zz", "goto +0x7000", "piece 99", "keep"),
    ],
)
def test_what_cannot_be_done_is_said(memcmp: Session, typed: str) -> None:
    place = memcmp.walk.piece, memcmp.walk.step
    with pytest.raises(InputError):
        do(memcmp, typed)
    assert (memcmp.walk.piece, memcmp.walk.step) == place


def test_the_screen_as_a_person_uses_it() -> None:
    app = Explorer(explored(armsym_sha512_blocks))
    asyncio.run(_drive(app))


async def _drive(app: Explorer) -> None:
    s = app.session

    def shown(where: str) -> str:
        return str(getattr(app.query_one(where), "content", ""))

    async with app.run_test(size=(140, 48)) as pilot:
        assert "armsym_sha512_blocks: proved" in shown("#title")
        await pilot.press("n", "n")
        assert s.walk.piece
        await pilot.press("b")
        first = s.walk.piece, s.walk.step
        await pilot.press("n", "b")
        assert (s.walk.piece, s.walk.step) == first
        await _type(pilot, app, "goto +0x1c")
        assert "rev64" in shown("#title")
        assert "n - i" in shown("#registers")
        await pilot.press("escape", "down", "down")
        assert s.walk.at == s.routine.entry + 0x24
        await _type(pilot, app, "claim s.x2 == n - i")
        assert "shown, by" in _log(app)
        await pilot.press("escape", "c")
        assert app.copied.startswith("@p.cut_within(p.routine.back_edge(), p.routine.entry + 0x24)")
        await _type(pilot, app, "claim s.x2 == n")
        assert "does not hold" in _log(app)
        await _type(pilot, app, "claim s.x2 = n")
        assert "not an expression" in _log(app)
        await pilot.press("escape", "q")
    assert app.return_code == 0


async def _type(pilot: Any, app: Explorer, text: str) -> None:
    await pilot.press("escape", "t")
    typed, pasted = text[:6], text[6:]
    await pilot.press(*("space" if c == " " else c for c in typed))
    app.query_one("#typed").post_message(Paste(pasted))
    await pilot.press("enter")
    await app.workers.wait_for_complete()
    await pilot.pause()


def _log(app: Explorer) -> str:
    return "\n".join(line.text for line in app.query_one("#log", RichLog).lines)


def test_the_command_without_a_screen(capsys: pytest.CaptureFixture[str]) -> None:
    target = f"{OWN / 'proof.py'}::armsym_ct_memcmp"
    assert armsym.cli.run(["explore", target, "--do", "piece 0", "--do", "ask x2", "--do", "help"]) == 0
    out = capsys.readouterr().out
    assert "x2 = n" in out
    assert armsym.cli.run(["explore", target, "--do", "bogus"]) == 2
    assert capsys.readouterr().err.count("\n") == 1


def test_without_a_terminal_the_screen_is_refused() -> None:
    answer = run_python("-m", "armsym", "explore", OWN / "proof.py")
    assert answer.code == 2
    assert "terminal" in answer.one_line_error()
