"""That an instruction takes the same time for all operands, though Arm does not list it: assumed where it is said."""

from __future__ import annotations

from pathlib import Path

import pytest
from lying import RET, straight
from test_audit_calls import _Call, _case, _refused

from armsym.audit.audit import Verdict
from armsym.audit.bundle import Bundle, Case, Ensured
from armsym.audit.contracts import digest
from armsym.audit.machine import TIMED
from armsym.audit.raw import ones
from armsym.audit.text import BundleError, read, write
from armsym.audit.wording import contract_lines
from semantics.timing import LISTED

FMOV_IN, FMOV_HIGH, FMOV_OUT = 0x9E670020, 0x9EAF0020, 0x9E660000  # FMOV D0, X1; FMOV V0.D[1], X1; FMOV X0, D0
SRSHR, URSHR = 0x4F2C2420, 0x6F2C2420  # V0.4S, V1.4S, #20
#: Code with a secret operand, and the instruction whose time may tell it.
TELLING = [
    ((FMOV_IN,), "fmov"),
    ((FMOV_HIGH,), "fmov"),
    ((FMOV_OUT,), "fmov"),
    ((SRSHR,), "srshr"),
    ((URSHR,), "urshr"),
]


def _verdict(words: tuple[int, ...], alike: set[str], folder: Path, *, public: bool = False) -> Verdict:
    lie = straight(*words, RET)
    t = lie.case.table
    if public:
        lie.case.words["w"] = ones(64), False
        lie.case.arguments["x1"] = t.var("word.w", ones(64))
    lie.case.alike = alike
    lie.case.ensures.append(Ensured("kept", t.var("x7_out", ones(64)), t.var("x7_in", ones(64))))
    return lie.verdict(folder)


@pytest.mark.parametrize(("words", "name"), TELLING)
def test_a_secret_operand_is_refused_unless_its_time_is_said_to_be_alike(
    words: tuple[int, ...], name: str, tmp_path: Path
) -> None:
    why = f"({name}) takes may depend on a secret"
    assert _verdict(words, {name}, tmp_path).refused == []
    assert any(why in r for r in _verdict(words, set(), tmp_path).refused)
    assert any(why in r for r in _verdict(words, set(TIMED - {name}), tmp_path).refused)


def test_a_public_operand_needs_no_assumption(tmp_path: Path) -> None:
    assert _verdict((FMOV_IN, FMOV_OUT), set(), tmp_path, public=True).refused == []


def test_addresses_and_branches_stay_as_they_were(tmp_path: Path) -> None:
    """What is said of the time of instructions says nothing of where an access is, or which way a branch goes."""
    for word, why in ((0xF9400021, "an address depends"), (0xB4000041, "a branch depends")):
        refused = _verdict((word, 0xD503201F), set(TIMED), tmp_path).refused
        assert any(why in r for r in refused), refused


def test_none_of_them_is_on_arms_list() -> None:
    assert not TIMED & LISTED


@pytest.mark.parametrize("said", ["add", "-", "", "udiv", "fmov,add", "srshr,fmov", "fmov,fmov", "FMOV"])
def test_only_what_may_tell_its_operands_is_said_to_be_alike(said: str, tmp_path: Path) -> None:
    lie = straight(FMOV_IN, RET)
    lie.case.alike = {"fmov"}
    lie.verdict(tmp_path)
    bundle = _bundle_of(lie.case)
    assert "\nalike fmov\n" in bundle
    assert read(bundle).cases[0].alike == {"fmov"}
    with pytest.raises(BundleError):
        read(bundle.replace("\nalike fmov\n", f"\nalike {said}\n"))


def _bundle_of(case: Case) -> str:
    return write(Bundle("lie", "f", "f.o", "0" * 64, "a test", "a test", cases=[case]))


def test_what_is_assumed_is_printed() -> None:
    case = straight(RET).case
    before = list(contract_lines(case))
    case.alike = {"urshr", "fmov"}
    (line,) = [line for line in contract_lines(case) if line not in before]
    assert "how long FMOV, URSHR takes does not depend on its operands" in line


def test_a_callers_contract_assumes_what_its_callee_does(tmp_path: Path) -> None:
    assert digest(_case()) != digest(_timed())
    for own, holds in ((set[str](), False), ({"srshr"}, False), ({"fmov"}, True), ({"fmov", "srshr"}, True)):
        call = _Call()
        call.ensure_five()
        call.used.alike, call.own.alike = {"fmov"}, own
        verdict = call.verdict(tmp_path)
        if holds:
            assert verdict.shown, verdict.refused
        else:
            _refused(verdict, "that fmov takes the same time for all operands")


def _timed() -> Case:
    case = _case()
    case.alike = {"fmov"}
    return case
