"""Functions that unfold, by which something false would be said: each beside its true twin."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from refusing import run
from test_contracts import files

from armsym.dsl import Bits, Claims, Proof, State, opaque
from armsym.proof.result import ProofResult, Status

#: X2 is n ^ k, on which the code branches.
BRANCH = "eor x2,x0,x1\n nop\n cbz x2,1f\n nop\n1: mov x0,#7\n ret"


def _named(*, known: bool, public: bool = True) -> Callable[[Proof], None]:
    """X0 is 7; X2 is called by a function of n, which knows k or is told of it."""

    def fn(p: Proof) -> None:
        n, k = p.word("n", 64, public=True), p.word("k", 64, public=public)
        p.call(x0=n, x1=k)
        knows = opaque("knows", 64, unfolds=True)(lambda x: x ^ k)
        told = opaque("told", 64, unfolds=True)(lambda x, y: x ^ y)

        @p.cut(p.routine.entry + 8)
        def _(s: State) -> Claims:
            return {"x2": s.x2 == (knows(n) if known else told(n, k))}

        p.ensures(lambda s: {"seven": s.x0 == 7})

    return fn


def _proof(fn: Callable[[Proof], None], code: str, folder: Path) -> ProofResult:
    return run(fn, files(folder, code, "ret"), "f")


def test_a_branch_on_a_secret_that_a_definition_knows(tmp_path: Path) -> None:
    """The application seemed public, for its argument is: no branch depended on a secret, it was said."""
    r = _proof(_named(known=True, public=False), BRANCH, tmp_path)
    assert r.status is Status.REFUTED
    assert any("speaks of its arguments alone, not of k" in o.detail for o in r.obligations)
    assert _proof(_named(known=False, public=False), BRANCH, tmp_path).status is Status.REFUTED
    assert _proof(_named(known=False), BRANCH, tmp_path).status is Status.PROVED


def test_a_result_that_is_right_of_terms_only(tmp_path: Path) -> None:
    def result(of_numbers: int) -> Callable[[Proof], None]:
        def fn(p: Proof) -> None:
            a = p.word("a", 32)
            p.call(w0=a)

            @opaque("next", 32, unfolds=True)
            def following(x: Bits) -> Bits:
                return x + (of_numbers if x.is_concrete and x[31:30].uint == 2 else 1)

            p.assume("small", a < 1 << 31)
            p.ensures(lambda s: {"next": s.w0 == following(a)})

        return fn

    code = "add w0,w0,#1\n ret"
    # No run has a number of those for which the definition says another thing.
    r = _proof(result(2), code, tmp_path)
    assert r.status is not Status.PROVED
    assert any("says of terms what it does not say of numbers" in o.detail for o in r.obligations)
    assert _proof(result(1), code, tmp_path).status is Status.PROVED
