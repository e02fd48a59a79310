"""That hints which sign and check the return address do nothing: assumed where it is said, and printed."""

from __future__ import annotations

from pathlib import Path

import pytest
from lying import RET, straight
from test_audit_calls import _Call, _case, _refused

from armsym.audit.audit import Verdict
from armsym.audit.bundle import Bundle, Ensured
from armsym.audit.contracts import digest
from armsym.audit.machine import SIGNING, TIMED
from armsym.audit.raw import ones
from armsym.audit.text import BundleError, read, write
from armsym.audit.wording import contract_lines

PACIASP, AUTIASP = 0xD503233F, 0xD50323BF
#: PACIA1716, PACIBSP, AUTIAZ and XPACLRI: they write registers, too, and no contract takes them to do nothing.
OTHERS = (0xD503211F, 0xD503237F, 0xD503239F, 0xD50320FF)


def _verdict(words: tuple[int, ...], inert: set[str], folder: Path) -> Verdict:
    lie = straight(*words, RET)
    t = lie.case.table
    lie.case.inert = inert
    lie.case.ensures.append(Ensured("kept", t.var("x7_out", ones(64)), t.var("x7_in", ones(64))))
    return lie.verdict(folder)


@pytest.mark.parametrize(
    ("words", "needs"),
    [((PACIASP,), {"paciasp"}), ((AUTIASP,), {"autiasp"}), ((PACIASP, AUTIASP), {"paciasp", "autiasp"})],
)
def test_they_are_refused_unless_they_are_said_to_do_nothing(
    words: tuple[int, ...], needs: set[str], tmp_path: Path
) -> None:
    assert _verdict(words, needs, tmp_path).refused == []
    for less in (set[str](), *({n} for n in SIGNING if {n} < needs), SIGNING - needs):
        refused = _verdict(words, set(less), tmp_path).refused
        assert any("does nothing only where there is no pointer authentication" in r for r in refused), refused


@pytest.mark.parametrize("word", OTHERS)
def test_no_other_hint_is_taken_to_do_nothing(word: int, tmp_path: Path) -> None:
    assert _verdict((word,), set(SIGNING), tmp_path).refused


@pytest.mark.parametrize("said", ["nop", "-", "", "pacibsp", "autiasp,paciasp,xpaclri", "paciasp,paciasp", "PACIASP"])
def test_only_what_signs_or_checks_the_return_address_is_said_to_do_nothing(said: str, tmp_path: Path) -> None:
    lie = straight(PACIASP, RET)
    lie.case.inert = {"paciasp"}
    lie.verdict(tmp_path)
    bundle = write(Bundle("lie", "f", "f.o", "0" * 64, "a test", "a test", cases=[lie.case]))
    assert "\ninert paciasp\n" in bundle
    assert read(bundle).cases[0].inert == {"paciasp"}
    with pytest.raises(BundleError):
        read(bundle.replace("\ninert paciasp\n", f"\ninert {said}\n"))


def test_what_is_assumed_is_printed() -> None:
    case = straight(RET).case
    before = list(contract_lines(case))
    case.inert = {"autiasp", "paciasp"}
    (line,) = [line for line in contract_lines(case) if line not in before]
    assert "no pointer authentication (FEAT_PAuth), or it is disabled, so AUTIASP and PACIASP do nothing" in line


def test_a_callers_contract_assumes_what_its_callee_does(tmp_path: Path) -> None:
    signed = _case()
    signed.inert = {"paciasp"}
    assert digest(_case()) != digest(signed)
    for own, holds in ((set[str](), False), ({"autiasp"}, False), ({"paciasp"}, True), (set(SIGNING), True)):
        call = _Call()
        call.ensure_five()
        call.used.inert, call.own.inert = {"paciasp"}, own
        verdict = call.verdict(tmp_path)
        if holds:
            assert verdict.shown, verdict.refused
        else:
            _refused(verdict, "that paciasp does nothing is no part of the contract")


def test_an_instructions_time_and_its_doing_nothing_are_told_apart() -> None:
    assert not SIGNING & TIMED
