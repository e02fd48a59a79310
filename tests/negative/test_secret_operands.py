"""A secret operand of an instruction that Arm does not list as data-independent fails `constant-time`."""

from __future__ import annotations

from pathlib import Path

import pytest
from refusing import run
from test_contracts import files

from armsym.dsl import InputError, Proof
from armsym.proof.result import ProofResult, Status


def answer(folder: Path, code: str, *alike: str, public: bool = False) -> ProofResult:
    def fn(p: Proof) -> None:
        k = p.word("k", public=public)
        p.call(x0=k)
        p.assume_timing(*alike)
        p.clobbers(x=[0, 1], v=[0])
        p.ensures(lambda s: {"as it was": s.x0 == k})

    return run(fn, files(folder, code, "ret"), "f")


FMOV = "fmov d0,x0\n fmov x0,d0\n ret"


@pytest.mark.parametrize(
    ("code", "name"),
    [
        (FMOV, "FMOV"),
        ("mov x1,#3\n udiv x1,x0,x1\n ret", "UDIV"),
        ("cmp x0,#9\n mrs x1,nzcv\n ret", "MRS"),
        ("fmov d0,xzr\n mov v0.d[0],x0\n srshr d0,d0,#3\n ret", "SRSHR"),
    ],
)
def test_a_secret_operand_is_refuted_and_named(tmp_path: Path, code: str, name: str) -> None:
    r = answer(tmp_path, code)
    assert r.status is Status.REFUTED
    c = r.counterexample
    assert c is not None
    assert c.kind == "constant-time"
    assert f"operand of {name}, which Arm does not list" in c.got


def test_a_public_operand_is_not_a_leak(tmp_path: Path) -> None:
    assert answer(tmp_path, FMOV, public=True).status is Status.PROVED


def test_what_the_proof_assumes_of_the_core_is_listed(tmp_path: Path) -> None:
    r = answer(tmp_path, FMOV, "fmov", "srshr")
    said = "the duration of FMOV, which Arm does not list, does not depend on its operands"
    assert r.status is Status.PROVED
    assert said in r.particular, "it narrows what is proved"
    assert not [a for a in r.assumptions if "SRSHR" in a], "which is not executed"
    assert any("PSTATE.DIT is 1" in a for a in r.standing)


def test_what_is_assumed_of_one_form_helps_no_other(tmp_path: Path) -> None:
    assert answer(tmp_path, FMOV, "srshr").status is Status.REFUTED


@pytest.mark.parametrize("name", ["add", "FMOV", ""])
def test_a_name_that_is_no_such_form_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(InputError, match="assume_timing"):
        answer(tmp_path, FMOV, name)
