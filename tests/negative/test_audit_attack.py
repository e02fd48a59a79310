"""The attack on the audit (`bench/audit.py --bundles`): it finds nothing, and an audit that says too much is found.

What it judges by, runs of a contract in Unicorn, is tried on code and contracts that are wrong.
"""

from __future__ import annotations

import random
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from exporting import exported
from proved_checkers import with_tools

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "bench"))

import audit_checkers  # noqa: E402
import audit_flips  # noqa: E402
import audit_mutants  # noqa: E402
from audit_attacked import Attacked, Tally  # noqa: E402
from contract_runs import Unjudged, broken  # noqa: E402

from armsym.audit.audit import Verdict  # noqa: E402
from armsym.audit.bundle import Bundle, Case, Ensured, Region  # noqa: E402
from armsym.audit.raw import ones  # noqa: E402
from armsym.audit.text import write  # noqa: E402


@pytest.fixture(scope="module")
def memcmp(tmp_path_factory: pytest.TempPathFactory) -> Attacked:
    bundle, _ = exported(ROOT / "crypto_examples" / "own_memcmp", "armsym_ct_memcmp")
    bundle.statement = "own_memcmp/proof.py -"
    path = tmp_path_factory.mktemp("attacked") / "memcmp.bundle"
    path.write_text(write(bundle), encoding="ascii")
    return Attacked.of(path)


def _said(a: Attacked, words: dict[int, int] | None = None, case: Case | None = None) -> str:
    """What runs of the routine, with words replaced by their place in it, break of a contract."""
    image = a.image.patched({a.offset + 4 * k: w.to_bytes(4, "little") for k, w in (words or {}).items()})
    return broken(case or a.bundle.cases[0], image, a.offset, seed="a test", count=12)


def test_runs_keep_the_contract_of_what_is_right(memcmp: Attacked) -> None:
    assert not _said(memcmp)


@pytest.mark.parametrize(
    ("words", "why"),
    [
        ({9: 0x1A9F17E0}, " is not "),  # cset w0, eq
        ({9: 0xAA0003F3}, "X19 is not preserved"),  # mov x19, x0
        ({9: 0x910043FF}, "SP is not restored"),  # add sp, sp, #16
        ({9: 0x3900003F}, "Unicorn at"),  # strb wzr, [x1]: past the end, by then
        ({9: 0xF81F83E0}, "the stack"),  # stur x0, [sp, #-8]
        ({7: 0x14000000}, "does not return"),  # b .
    ],
)
def test_runs_tell_what_is_wrong_with_code(words: dict[int, int], why: str, memcmp: Attacked) -> None:
    assert why in _said(memcmp, words), _said(memcmp, words)


def test_runs_tell_that_a_branch_depends_on_a_secret(memcmp: Attacked) -> None:
    case = memcmp.bundle.cases[0]
    kept = Ensured("kept", case.table.var("x29_out", ones(64)), case.table.var("x29_in", ones(64)))
    case = replace(case, ensures=[kept])
    assert not _said(memcmp, case=case)
    assert "depends on a secret" in _said(memcmp, {4: 0x36000044}, case)  # tbz w4, #0, past the next word


def _of(region: Region) -> Callable[[Case], Case]:
    return lambda c: replace(c, regions={**c.regions, region.name: region})


@pytest.mark.parametrize("name", ["a byte less", "another result", "X2 is preserved", "a is public"])
def test_runs_tell_what_is_wrong_with_a_contract(name: str, memcmp: Attacked) -> None:
    case = memcmp.bundle.cases[0]
    first = next(iter(case.regions.values()))
    match name:
        case "a byte less":
            low = {n: (1, high) for n, (_, high) in case.numbers.items()}
            case, why = replace(_of(replace(first, constant=first.constant - 1))(case), numbers=low), "at"
        case "another result":
            table = case.table
            case, why = replace(case, ensures=[Ensured("five", table.var("x0_out", ones(64)), table.const(5))]), "five"
        case "X2 is preserved":
            case, why = replace(case, preserves_x=case.preserves_x | {2}), "X2 is not preserved"
        case _:
            assert first.secret
            case, why = _of(replace(first, secret=False))(case), ""  # (weaker: still kept)
    said = _said(memcmp, case=case)
    assert why in said
    assert bool(said) == bool(why)


def test_what_no_run_can_tell_is_said(memcmp: Attacked) -> None:
    case = memcmp.bundle.cases[0]
    node = case.table.app("f.unknown", (case.table.const(1),), ones(64))
    with pytest.raises(Unjudged, match="unknown"):
        _said(memcmp, case=replace(case, ensures=[Ensured("unknown", node, node)]))
    with pytest.raises(Unjudged, match="no state was found"):
        _said(memcmp, case=replace(case, requires=[("never", case.table.xor(1, 1))]))


def test_no_changed_bundle_is_accepted_that_is_not_harmless(memcmp: Attacked) -> None:
    tally = Tally()
    audit_mutants.mutants(memcmp, 60, tally)
    assert tally.findings == []
    again = tally.tried.pop(audit_mutants.ANEW)
    assert again > 20
    assert set(tally.tried) == set(audit_mutants.MUTATIONS)
    assert sum(tally.tried.values()) == 60
    assert again // 2 + 30 < sum(tally.refused.values()) < again + 60


def test_no_flipped_bit_is_accepted_that_is_not_harmless(memcmp: Attacked) -> None:
    tally = Tally()
    audit_flips.flips(memcmp, 24, tally)
    assert tally.findings == []
    assert sum(tally.tried.values()) == 48
    assert tally.tried["bit flipped, bundle as it is"] == 24
    # Shifts by nothing the other way, and what nobody reads: see HARMLESS of test_audit_bundles.py.
    assert 0 < sum(tally.harmless.values()) < 20
    assert sum(tally.refused.values()) + sum(tally.harmless.values()) == 48


def _all_is_well(bundle: Bundle, *_: object) -> Verdict:
    verdict = Verdict(bundle, cases=len(bundle.cases))
    assert verdict.audited
    return verdict


def test_an_audit_that_accepts_all_bundles_is_found(memcmp: Attacked, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(audit_mutants, "audit", _all_is_well)
    tally = Tally()
    audit_mutants.mutants(memcmp, 40, tally, ("node", "name", "size", "number of the contract"))
    assert len(tally.findings) > 4
    assert any("a run breaks it" in f for f in tally.findings)


def test_an_audit_that_accepts_all_code_is_found(memcmp: Attacked, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(audit_flips, "audit", _all_is_well)
    tally = Tally()
    audit_flips.flips(memcmp, 8, tally)
    assert len(tally.findings) > 8
    assert any("a run breaks it" in f for f in tally.findings)


def test_all_checkers_accept_the_same_changed_certificates(memcmp: Attacked) -> None:
    with_tools("coqc", "ocamlfind")
    tally = Tally()
    audit_checkers.checkers([memcmp], 30, 1, tally)
    assert tally.findings == []
    assert sum(tally.tried.values()) == 31
    assert 0 < sum(tally.refused.values()) < 31


def test_a_checker_that_says_something_else_is_found(memcmp: Attacked, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(audit_checkers, "ocaml", lambda certificates: [None for _ in certificates])
    monkeypatch.setattr(audit_checkers, "kernel", lambda certificate: None)
    tally = Tally()
    audit_checkers.checkers([memcmp], 30, 30, tally)
    assert any("ocaml" in f for f in tally.findings)
    assert any("coq" in f for f in tally.findings)


def test_a_mutation_changes_one_thing_at_a_time(memcmp: Attacked) -> None:
    lines = memcmp.text.splitlines()
    for name, change in audit_mutants.MUTATIONS.items():
        for seed in range(10):
            changed = lines[:]
            change(changed, random.Random(f"{name} {seed}"))
            differ = sum(x != y for x, y in zip(lines, changed, strict=True)) if len(lines) == len(changed) else 1
            assert differ <= 2, name
