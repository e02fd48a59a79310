"""Claims about integers from a proof to the audit: a field's routine as it was shipped, and what is false of it."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Literal

import pytest
from exporting import exported
from proved_checkers import with_tools
from typer.testing import CliRunner

from armsym.audit import proved
from armsym.audit.audit import Checker, Replay, Verdict, audit, walks
from armsym.audit.bundle import Bundle, Case, Relation
from armsym.audit.checkers import checker
from armsym.audit.elf import Elf
from armsym.audit.text import BundleError, read, write
from armsym.audit.wording import contract_lines, verdict_lines
from armsym.cli import build
from specs.sp800_186 import P256

pytestmark = pytest.mark.wheels

P256_PROOFS = Path(__file__).resolve().parents[2] / "crypto_examples" / "openssl" / "p256.py"
SYMBOL = "ecp_nistz256_add"


@pytest.fixture(scope="module")
def add() -> tuple[Bundle, Path]:
    return exported(P256_PROOFS, f"openssl_{SYMBOL}")


def _verdict(bundle: Bundle, data: bytes, checker: Checker | None = None) -> Verdict:
    elf = Elf.parse(data)
    return audit(bundle, elf, elf.symbol(SYMBOL)[0], checker or Checker())


def _first(add: tuple[Bundle, Path], change: Callable[[Case], None], by: Checker | None = None) -> Verdict:
    """The audit of the first case alone, changed, after it was written and read."""
    bundle, path = add
    short = read(write(replace(bundle, cases=bundle.cases[:1])))
    change(short.cases[0])
    return _verdict(read(write(short)), path.read_bytes(), by)


def test_a_sum_in_a_field_is_audited(add: tuple[Bundle, Path]) -> None:
    bundle, path = add
    verdict = _verdict(read(write(bundle)), path.read_bytes())
    assert verdict.audited, verdict.refused
    assert verdict.relations == 8  # value and range, apart and in place of each operand and of both
    assert "8 relations of integers, accepted by x" in "\n".join(verdict_lines(verdict, "x"))


def test_the_contract_says_it_of_whole_numbers(add: tuple[Bundle, Path]) -> None:
    said = "\n".join(contract_lines(add[0].cases[0]))
    assert f"('value 0'): r[0:32] on return - a[0:32] - b[0:32] is a multiple of {P256.p:#x}" in said
    assert f"('reduced 0'): r[0:32] on return <= {P256.p - 1:#x}" in said
    assert f"('a is below the modulus'): a[0:32] <= {P256.p - 1:#x}" in said
    assert "r[0:32] on return, where integers are spoken of: its 4 words of 64 bits, the first is the lowest" in said


def test_words_in_another_order_are_not_said_to_be_the_number(add: tuple[Bundle, Path]) -> None:
    case = read(write(add[0])).cases[0]
    case.relations[0] = _swapped(case.relations[0])
    said = [line for line in contract_lines(case) if "'value 0'" in line]
    assert "r[0:32]" not in said[0]
    assert "2^192 * r[" in said[0]


def _swapped(r: Relation) -> Relation:
    """The factors of the second and third term exchanged: words in another order."""
    (a, first), (b, second) = r.terms[1:3]
    return replace(r, terms=(r.terms[0], (b, first), (a, second), *r.terms[3:]))


def _relation(k: int, of: Callable[[Relation], Relation]) -> Callable[[Case], None]:
    def change(case: Case) -> None:
        case.relations[k] = of(case.relations[k])

    return change


def _without_a_precondition(case: Case) -> None:
    case.known.pop()


def _a_wider_precondition(case: Case) -> None:
    """Both may be the prime: so is their sum less the prime then, which is not below it."""
    for k, r in enumerate(case.known):
        assert r.high == P256.p - 1
        case.known[k] = replace(r, high=r.high + 1)


def _narrower(r: Relation) -> Relation:
    return replace(r, low=None if r.low is None else r.low + 1, high=None if r.high is None else r.high - 1)


def _without_an_argument(case: Case) -> None:
    case.integers.clear()


def _a_claim_less(case: Case) -> None:
    lines = case.integers[0]
    case.integers[0] = [line for line in lines if not line.startswith("claim 1")]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (_relation(0, lambda r: replace(r, modulus=P256.p - 2)), "does not say relation 0"),
        (_relation(0, lambda r: replace(r, modulus=2 * P256.p)), "does not say relation 0"),
        (_relation(0, _swapped), "not about relation 0"),
        (_relation(0, lambda r: replace(r, terms=(*r.terms, (1, ())))), "not about relation 0"),
        (_relation(0, lambda r: replace(r, terms=r.terms[1:])), "not about relation 0"),
        (_relation(0, lambda r: replace(r, modulus=0, low=0, high=0)), "does not say relation 0"),
        (_relation(1, _narrower), "has the bounds"),
        (_without_a_precondition, "relations, and no number"),
        (_a_wider_precondition, "bounds|another polynomial|coefficient|case"),
        (_without_an_argument, "the relation of integers is not shown"),
        (_a_claim_less, "the relation of integers is not shown"),
    ],
)
def test_what_is_false_or_not_shown_is_refused(
    add: tuple[Bundle, Path], change: Callable[[Case], None], said: str
) -> None:
    verdict = _first(add, change)
    assert not verdict.audited
    with pytest.raises(AssertionError, match=said):
        assert not verdict.refused


def test_a_lost_carry_is_refused(add: tuple[Bundle, Path]) -> None:
    """Each ADCS and SBCS of the routine as it would be without the carry, and each CSEL choosing the other way."""
    bundle, path = add
    short, data = replace(bundle, cases=bundle.cases[:1]), path.read_bytes()
    code = Elf.parse(data)
    (walk,) = walks(short.cases[0], code, code.symbol(SYMBOL)[0], Replay([]))
    kinds = {0xBA000000: 0x11000000, 0xFA000000: 0x11000000, 0x9A800000: 0x1000}
    changed = 0
    for at in sorted(walk.executed):
        word = code.word(at)
        flip = kinds.get(word & 0xFFE00000)
        if flip is None:
            continue
        wrong = bytearray(data)
        run = b"".join(code.word(at + k).to_bytes(4, "little") for k in range(0, 40, 4))
        assert data.count(run) == 1
        start = data.index(run)
        wrong[start : start + 4] = (word ^ flip).to_bytes(4, "little")
        verdict = _verdict(short, bytes(wrong))
        assert verdict.refused, f"{word:#x} at {at:#x} became {word ^ flip:#x}"
        changed += 1
    assert changed >= 10


def test_the_checker_that_is_proved_accepts_them(add: tuple[Bundle, Path]) -> None:
    with_tools("coqc", "ocamlfind")
    by_ocaml = checker("ocaml")
    verdict = _verdict(add[0], add[1].read_bytes(), by_ocaml)
    assert verdict.audited, (verdict.refused, verdict.missing)
    assert verdict.relations == 8
    # And not what is false, or what steps do not show.

    def narrower(case: Case) -> None:
        case.relations[1] = replace(case.relations[1], high=P256.p - 2)

    false = _first(add, narrower, by_ocaml)
    assert any("reduced 0" in r or "refuses a step" in r for r in false.refused), false.refused
    short = _first(add, lambda case: case.integers[0].__delitem__(slice(5, 6)), by_ocaml)
    assert any("refuses a step" in r for r in short.refused), short.refused


@pytest.mark.parametrize("name", ["ocaml", "coq"])
def test_a_checker_that_fails_shows_no_relation(
    add: tuple[Bundle, Path], monkeypatch: pytest.MonkeyPatch, name: Literal["ocaml", "coq"]
) -> None:
    with_tools("coqc", "ocamlfind")

    def fails(questions: object) -> None:
        raise proved.CheckerError(f"was ended, {questions!r:.10}")

    monkeypatch.setattr(proved, {"ocaml": "ocaml_relations", "coq": "kernel_relations"}[name], fails)
    verdict = _verdict(add[0], add[1].read_bytes(), Checker(relations=checker(name).relations))
    assert len(verdict.refused) == len(add[0].cases)
    assert all("was ended" in r for r in verdict.refused)


def test_coqs_kernel_accepts_a_sum_in_a_field(add: tuple[Bundle, Path]) -> None:
    with_tools("coqc")
    first = replace(add[0], cases=add[0].cases[:1])
    verdict = _verdict(first, add[1].read_bytes(), Checker(relations=checker("coq").relations))
    assert verdict.audited, (verdict.refused, verdict.missing)
    assert verdict.relations == 2


def test_json_counts_relations(add: tuple[Bundle, Path], tmp_path: Path) -> None:
    bundle = tmp_path / "add.bundle"
    bundle.write_text(write(add[0]), encoding="ascii")
    ran = CliRunner().invoke(build(conform=False), ["audit", str(bundle), "--json"])
    assert ran.exit_code == 0, ran.output
    (told,) = json.loads(ran.stdout)["audits"]
    assert (told["status"], told["relations"]) == ("audited", 8)


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("relation 5 none none", "a modulus, two bounds and a name"),
        ("relation -5 none none it 1*1", "a modulus is at least 1"),
        ("relation none none none it 1*1", "a modulus is at least 1"),
        ("relation 5 0 none it 1*1", "a multiple of a number has no bounds"),
        ("relation 5 none 7 it 1*1", "a multiple of a number has no bounds"),
        ("relation 0 0 7 it 1*0", "there is no node 0"),
        ("relation 0 0 7 it 1*99999", "there is no node 99999"),
        ("relation 0 0 7 it x*1", "is no integer"),
        ("relation 0 00 7 it 1*1", "is no integer"),
        ("relation 0 0 7 it 1**1", "is not of the form"),
        ("relation 0 0 7 i%0At 1*1", "not printed"),
    ],
)
def test_a_line_that_is_no_relation_is_bad_input(add: tuple[Bundle, Path], line: str, said: str) -> None:
    lines = write(add[0]).splitlines()
    k = next(k for k, text in enumerate(lines) if text.startswith("relation "))
    lines[k] = line
    with pytest.raises(BundleError, match=said):
        read("\n".join([*lines, ""]))
