"""`armsym prove --table`: rows are proofs, cells what their results say; docs/proofs.md lists the proofs there are."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path

import pytest
from calls import Call

from armsym.cli.audit import audit_cells
from armsym.cli.gating import listed
from armsym.cli.selection import need_bundles_apart
from armsym.cli.work import Job, run_here
from armsym.errors import InputError
from armsym.proof.declare import Proof
from armsym.proof.registry import ProofDefinition, discover
from armsym.proof.result import KINDS, Obligation, ProofResult, Status
from armsym.report.outcome import NO_BUNDLE, Outcome
from armsym.report.table import AUDITED, LETTERS, Row, table
from armsym.report.wording import lengths, merged, number
from armsym.wheels import Wheel

ROOT = Path(__file__).parents[2]
DOCUMENT = ROOT / "docs" / "proofs.md"

WHEEL = Wheel(package="pkg", version="1.2", platform="any", sha256="0" * 64, member="lib.so", product="Lib 3")


def rows_of(text: str) -> list[list[str]]:
    """The cells of all rows, without headings."""
    rows = [[c.strip() for c in re.split(r"(?<!\\)\|", line)[1:-1]] for line in text.splitlines() if line[:2] == "| "]
    return [r for r in rows if r[0].startswith("`")]


def definition(name: str, of: Wheel | str = WHEEL, note: str = "") -> ProofDefinition:
    def declares(p: Proof) -> None:
        raise AssertionError(p)

    return ProofDefinition(name, "routine", of, declares, "/folder/file.py", 1, note)


def result(status: Status = Status.PROVED) -> ProofResult:
    r = ProofResult("p", "lib.so", "routine", status=status, seconds=1.234, claims_results=True)
    r.choices, r.ranges = {"bits": (128, 192)}, {"n": [(1, 2**50)]}
    r.particular, r.standing = ["key holds 10 in 4 bytes", "key holds 12 in 4 bytes"], ["memory is ordinary"]
    r.obligations = [Obligation("a", "memory", Status.PROVED), Obligation("b", "memory", status)]
    r.obligations.append(Obligation("c", "ensures", Status.PROVED))
    return r


def test_the_document_lists_exactly_the_proofs_there_are() -> None:
    """Whatever `armsym list` finds has a row, and no row is of a proof that is gone: `make table` renews it."""
    there = []
    for d in discover(ROOT / "crypto_examples"):
        of = f"{d.of.package}=={d.of.version}" if isinstance(d.of, Wheel) else f"{Path(d.file).parent.name}/{d.of}"
        there.append((of, d.symbol, d.name))
    told = []
    library = ""
    for line in DOCUMENT.read_text().splitlines():
        if line.startswith("## "):
            library = "".join(re.findall(r"`(.*)`", line))
        for cells in rows_of(line):
            symbol = cells[0].strip("`")
            told.append((library, symbol, cells[1].strip("`") or symbol))
    assert sorted(told) == sorted(there)


def test_the_document_says_what_it_may_only_after_a_run() -> None:
    rows = rows_of(DOCUMENT.read_text())
    for cells in rows:
        counts = re.match(r"(\d+)/(\d+): ", cells[5] + " ")
        assert counts is not None
        proved, total = map(int, counts.groups())
        kinds = re.findall(r"([a-z])(\d+)", cells[5])
        assert sum(int(n) for _, n in kinds) == total
        assert (proved == total) == (not cells[7].startswith("**"))
        # All mandatory kinds (SOUNDNESS.md) are among those shown.
        assert set("dnmfatce") <= {letter for letter, _ in kinds} or cells[7].startswith("**")


def test_cells() -> None:
    rows = [Row(definition("routine"), Outcome(result())), Row(definition("routine_in_place"), Outcome(result()))]
    rows += [Row(definition("other", "lib.o", "what was tried | so far"), Outcome(result(Status.UNDECIDED)))]
    rows += [Row(definition("other_overlapping"), Outcome(result()))]
    text = table(rows, command="armsym prove --table t.md")
    first, second, fourth, third = rows_of(text)
    assert first == [
        "`routine`",
        "",
        "bits = 128, 192; 1 <= n <= 2^50",
        "apart",
        "key holds 10, 12 in 4 bytes",
        "3/3: m2 e1",
        "1.2",
        "proved",
    ]
    assert (fourth[1], fourth[3]) == ("`other_overlapping`", "overlapping")
    assert (second[1], second[3]) == ("`routine_in_place`", "in place")
    assert third[5:] == ["2/3: m2 e1", "1.2", "**undecided**: what was tried \\| so far"]
    assert "## Lib 3, in `pkg==1.2`" in text
    assert "## `folder/lib.o`" in text
    assert "3 proved, 1 undecided" in text
    assert text.count("- memory is ordinary\n") == 1


def test_a_proof_left_out_is_no_proof() -> None:
    o = Outcome(ProofResult("p", "lib.so", "routine"), left_out="no network")
    (cells,) = rows_of(table([Row(definition("routine"), o)], command=""))
    assert cells[5:] == ["", "", "**left out**"]


def test_audited_is_a_column_where_it_was_asked_for() -> None:
    d = definition("routine")
    undecided = Outcome(result(Status.UNDECIDED))
    rows = [Row(d, Outcome(result()), AUDITED), Row(d, Outcome(result()), "a | b"), Row(d, undecided, "")]
    text = table(rows, command="")
    assert [cells[7:] for cells in rows_of(text)] == [
        ["proved", "python"],
        ["proved", "a \\| b"],
        ["**undecided**", ""],
    ]
    heads = [line for line in text.splitlines() if line.startswith(("| routine", "|---"))]
    assert [line.count("|") for line in heads] == [10, 10]
    assert heads[0].endswith("| status | audited |")
    assert "Audited, too: 1." in text
    without = table([Row(d, Outcome(result()))], command="")
    assert "audited" not in without
    assert [len(cells) for cells in rows_of(without)] == [8]


def exported(folder: Path) -> Outcome:
    (d,) = discover(ROOT / "crypto_examples" / "own_memcmp")
    return run_here(Job.of(d, d.object_spec(), None, export=str(folder)))


def audit_cell(o: Outcome) -> str:
    (cell,) = audit_cells([o])
    return cell


def test_only_what_an_audit_shows_is_audited(tmp_path: Path) -> None:
    o = exported(tmp_path)
    path = Path(o.bundle)
    assert audit_cell(o) == AUDITED
    text = path.read_text()
    for changed, told in (
        (text.replace("preserves 18,", "preserves 4,18,"), "the certificate of cut 1"),
        (text.replace("proof armsym_ct_memcmp", "proof another"), "the bundle is of another proof"),
        (text.replace("\ncase ", "\nmissing a%20claim\ncase ", 1), "not re-checked: a claim"),
        (text[: len(text) // 2], "line "),
    ):
        assert changed != text
        path.write_text(changed)
        assert told in audit_cell(o), audit_cell(o)
    path.unlink()
    assert "No such file" in audit_cell(o)
    path.write_text(text)
    assert audit_cell(replace(o, bundle=f"{NO_BUNDLE}no words yet for joins")) == "no words yet for joins"
    assert audit_cell(replace(o, bundle="")) == "no bundle"
    assert audit_cell(replace(o, left_out="no network")) == ""
    assert audit_cell(replace(o, internal=True)) == ""
    assert audit_cell(replace(o, result=replace(o.result, status=Status.UNDECIDED))) == ""


def test_two_proofs_of_one_bundle_are_refused() -> None:
    one, other = definition("a"), replace(definition("a"), file="/another/folder/file.py")
    need_bundles_apart([one, definition("b"), replace(one, file="/other/file.py")])
    with pytest.raises(InputError, match=r"have one name, folder\.a"):
        need_bundles_apart([one, definition("b"), other])


def test_every_kind_has_a_letter_of_its_own() -> None:
    assert set(LETTERS) == set(KINDS)
    assert len(set(LETTERS.values())) == len(KINDS)


@pytest.mark.parametrize(
    ("n", "text"), [(9999, "9999"), (2**20, "2^20"), (2**32 - 1, "2^32 - 1"), (10_000, "10000"), (4096, "4096")]
)
def test_numbers(n: int, text: str) -> None:
    assert number(n) == text


def test_a_range_that_depends_on_the_case_is_told_as_the_least() -> None:
    r = ProofResult("p", "f", "s")
    r.ranges = {"n": [(0, 2**47), (1, 2**46)]}
    assert lengths(r) == ["1 <= n <= 2^46 (up to 2^47 by case)"]


def test_merging_loses_no_value_of_a_few() -> None:
    assert merged(["a 1 b", "a 2 b", "c", "x8 is 3", "c"]) == ["a 1, 2 b", "c", "x8 is 3"]
    assert merged(["x #1", "x #2"]) == ["x #1", "x #2"]
    assert merged([f"entry {k} at {16 * k}" for k in range(6)]) == ["entry 0, 1, ..., 5 at 0, 16, ..., 80"]


def test_the_command_writes_it(armsym_here: Call, tmp_path: Path) -> None:
    target = tmp_path / "t.md"
    bundles = tmp_path / "bundles"
    answer = armsym_here(
        "prove", ROOT / "crypto_examples" / "own_memcmp", "--table", target, "--export", bundles, "--json"
    )
    assert answer.code == 0
    (told,) = json.loads(answer.out)["results"]
    (cells,) = rows_of(target.read_text())
    # By the proof file: `p.nat("len", high=2**50)`, nothing else is assumed.
    assert cells[:5] == ["`armsym_ct_memcmp`", "", "0 <= len <= 2^50", "", ""]
    assert cells[8:] == [AUDITED]
    assert "--export DIR --table" in target.read_text()
    assert str(bundles) not in target.read_text()
    assert (told["lengths"], told["particular"]) == (["0 <= len <= 2^50"], [])
    assert cells[5].startswith(f"{len(told['obligations'])}/{len(told['obligations'])}: ")
    assert sorted(p.name for p in tmp_path.iterdir()) == ["bundles", "t.md"]


def test_the_table_ends_with_what_the_gate_says_is_unproved(armsym_here: Call, tmp_path: Path) -> None:
    config, target = tmp_path / "gate.toml", tmp_path / "t.md"
    config.write_text(
        "[tool.armsym.gate]\nproofs = ['proofs']\n[[tool.armsym.gate.files]]\nfile = 'lib.so'\nroutines = ['*']\n"
        "unproved = { b = 'a ladder', a = 'a ladder', c = 'not tried' }\nrefuted = { d = 'loses D15' }\n"
    )
    proofs = ROOT / "crypto_examples" / "own_memcmp"
    answer = armsym_here("prove", proofs, "--table", target, "--gate", config)
    assert answer.code == 0
    told = target.read_text().partition("## Not proved")[2].partition("##")[0]
    assert [line for line in told.splitlines() if line.startswith("- ")] == [
        "- `lib.so`: `a`, `b`: a ladder",
        "- `lib.so`: `c`: not tried",
        "- `lib.so`: `d`: refuted: loses D15",
    ]
    assert [cells[0] for cells in rows_of(target.read_text())] == ["`armsym_ct_memcmp`"]
    alone = armsym_here("prove", proofs, "--gate", config)
    assert (alone.code, "--table" in alone.one_line_error()) == (2, True)
    none = armsym_here("prove", proofs, "--table", target, "--gate", tmp_path / "none.toml")
    assert (none.code, "none.toml" in none.one_line_error()) == (2, True)


def test_the_document_lists_what_the_gate_says_is_unproved() -> None:
    """`pyproject.toml` and docs/proofs.md name the same routines, each with its reason."""
    told = DOCUMENT.read_text().partition("## Not proved")[2].partition("\n## ")[0]
    named = {(r, line.rpartition(": ")[2]) for line in told.splitlines() for r in re.findall(r"`(\w+)`[,:]", line)}
    assert named == {(u.routine, u.why.rpartition(": ")[2]) for u in listed(ROOT / "pyproject.toml")}


def test_all_times_are_numbers() -> None:
    """No row of docs/proofs.md waits for its time."""
    times = [r[6] for r in rows_of(DOCUMENT.read_text())]
    assert [t for t in times if not re.fullmatch(r"[0-9]+\.[0-9]", t)] == []
    assert len(times) > 400


def test_no_folder(armsym_here: Call, tmp_path: Path) -> None:
    answer = armsym_here("prove", ROOT / "crypto_examples" / "own_memcmp", "--table", tmp_path / "no" / "t.md")
    assert answer.code == 2
    assert "--table" in answer.one_line_error()
