"""The column `audited` of docs/proofs.md: it says no more than an audit of that very proof does, nor than CI sees."""

from __future__ import annotations

import importlib.util
import json
import re
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from types import ModuleType

import pytest

from armsym.audit.text import read, write
from armsym.cli.work import Job, run_here
from armsym.proof.registry import ProofDefinition, discover
from armsym.report.outcome import NO_BUNDLE
from armsym.report.table import AUDITED, audited_legend

ROOT = Path(__file__).parents[2]
DOCUMENT = ROOT / "docs" / "proofs.md"


def _script() -> ModuleType:
    spec = importlib.util.spec_from_file_location("audited_column", ROOT / "bench" / "audited_column.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["audited_column"] = module
    spec.loader.exec_module(module)
    return module


column = _script()
HEAD = f"| routine | proof | for | buffers | assumed besides | obligations | s | status |\n|{'---|' * 8}\n"
PAGE = (
    "# Table of proofs\n\nWritten by `armsym prove`; do not edit.\n\n- *s*: CPU seconds.\n\n## Lib, in `lib==1.0`\n\n"
    f"{HEAD}| `f` |  | a \\| b |  |  | 1/1: e1 | 2.0 | proved |\n| `f` | `g` |  |  |  | 1/1: e1 | 0.5 | proved |\n"
    "\n## `own/own.o`\n\n"
    f"{HEAD}| `f` |  |  |  |  | 1/1: e1 | 2.0 | proved |\n\n## Assumed by all\n\n- memory\n"
)


def test_each_row_has_its_own_cell_and_nothing_else_changes() -> None:
    told = {("lib==1.0", "f", "f"): AUDITED, ("lib==1.0", "f", "g"): "a | b", ("own/own.o", "f", "f"): AUDITED}
    made = column.with_column(PAGE, told.__getitem__)
    rows = [line for line in made.splitlines() if line.startswith("| `")]
    assert [r.rpartition("| proved |")[2] for r in rows] == [f" {AUDITED} |", " a \\| b |", f" {AUDITED} |"]
    assert "Audited, too: 2.\n" in made
    assert column.with_column(made, told.__getitem__) == made
    fewer = column.with_column(made, lambda row: AUDITED if row[0] == "own/own.o" else "no words yet")
    assert fewer.count(f"| {AUDITED} |") == 1
    assert "Audited, too: 1.\n" in fewer
    # Without the column, its number and its legend the page is what it was.
    lines = [line for line in made.splitlines() if line not in (*audited_legend(), "Audited, too: 2.")]
    cut = ["|".join([*re.split(r"(?<!\\)\|", x)[:-2], ""]) if x[:1] == "|" else x for x in lines]
    assert cut == PAGE.splitlines()


@pytest.fixture(scope="module")
def proved(tmp_path_factory: pytest.TempPathFactory) -> tuple[ProofDefinition, Path]:
    """Our own comparison, and its bundle."""
    (d,) = discover(ROOT / "crypto_examples" / "own_memcmp")
    return d, Path(run_here(Job.of(d, d.object_spec(), None, export=str(tmp_path_factory.mktemp("b")))).bundle)


def test_a_bundle_counts_for_its_own_proof_only(proved: tuple[ProofDefinition, Path], tmp_path: Path) -> None:
    d, made = proved
    row = column.row_of(d)
    path = tmp_path / made.name

    def cell(text: str, of: ProofDefinition = d) -> str:
        path.with_name(column.bundle_name(of)).write_text(text)
        answer: str = column.cells([of], tmp_path, {})[column.row_of(of)]
        return answer

    text, bundle = made.read_text(), read(made.read_text())
    assert row == ("own_memcmp/memcmp.o", "armsym_ct_memcmp", "armsym_ct_memcmp")
    assert cell(text) == AUDITED
    # Of another proof, of an older proof, about another file, of less, refused, cut off; each is else as it was.
    assert cell(text, replace(d, name="another")) == "the bundle is of another proof"
    older = replace(bundle, statement=bundle.statement[:-1] + ("0" if bundle.statement[-1] != "0" else "1"))
    assert cell(write(older)) == "the bundle was made from another version of the proof"
    file = tmp_path / "memcmp.o"
    file.write_bytes(Path(d.object_spec()).read_bytes() + b"\0")
    other = write(replace(bundle, object=str(file), file_sha256=column._sha256(str(file))))
    assert cell(other) == "the bundle is about another file"
    assert "a claim" in cell(write(replace(bundle, missing=["a claim"])))
    assert "certificate" in cell(text.replace("preserves 18,", "preserves 4,18,"))
    assert "line " in cell(text[: len(text) // 2])
    path.unlink()
    assert column.cells([d], tmp_path, {})[row] == column.NOT_TRIED
    assert column.cells([d], tmp_path, {path.name: "no words yet"})[row] == "no words yet"
    with pytest.raises(ValueError, match="as the reason why"):
        column.cells([d], tmp_path, {path.name: AUDITED})


def test_why_there_is_no_bundle_is_taken_from_results(proved: tuple[ProofDefinition, Path]) -> None:
    d, made = proved
    results = [
        {"proof": d.name, "source": f"{d.file}:{d.line}", "bundle": str(made)},
        {"proof": "p", "source": "/a/folder/f.py:1", "bundle": f"{NO_BUNDLE}too long"},
        {"proof": "q", "source": "/a/folder/f.py:9"},
    ]
    assert column.reasons(results) == {
        made.name: "",
        "folder.p.bundle": "too long",
        "folder.q.bundle": "no bundle",
    }


def _column() -> dict[tuple[str, str, str], str]:
    """What the document says of each proof; nothing where it has no such column."""
    page = DOCUMENT.read_text(encoding="utf-8")
    if not re.search(r"^\| routine .*\| audited \|$", page, re.MULTILINE):
        return {}
    rows = [r for r in page.splitlines() if r.startswith("| `")]
    cells = [re.split(r"(?<!\\)\|", r)[-2].strip() for r in rows]
    assert all(len(re.split(r"(?<!\\)\|", r)) == 11 for r in rows)
    return dict(zip(column._rows(page), cells, strict=True))


def test_the_document_counts_what_its_cells_say() -> None:
    page, told = DOCUMENT.read_text(encoding="utf-8"), _column()
    numbers = re.findall(r"^Audited, too: (\d+)\.$", page, re.MULTILINE)
    assert [int(n) for n in numbers] == ([sum(c == AUDITED for c in told.values())] if told else [])
    assert "" not in told.values()


#: Files of which the column calls proofs audited that CI does not audit: nobody sees it there if they are no more.
BESIDE_CI = {f"{folder}/{of}.py" for folder in ("aws_lc", "openssl") for of in ("aes_modes", "chacha20", "vpaes")} | {
    "openssl/vpaes_modes.py"
}


def test_the_document_claims_no_more_than_ci_sees() -> None:
    """Of the families that CI audits the column has as many as CI demands, and fewer only where some were not tried.

    Of what else it calls audited, the files are listed here.
    """
    told = _column()
    if not told:
        return
    bash = shutil.which("bash")
    assert bash is not None
    lines = re.findall(r"^audited\+?=\(.*\)(?= #|$)", (ROOT / ".ci" / "run").read_text(), re.MULTILINE)
    program = "\n".join([*lines, 'printf "%s\\n" "${audited[@]}"'])
    families = subprocess.run(
        [bash, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout.split()
    assert len(families) > 20
    (least,) = re.findall(r"^LEAST = (\d+)$", (ROOT / ".ci" / "audit").read_text(), re.MULTILINE)
    seen = {column.row_of(d) for f in families for d in _chosen(f)}
    beside = [d for d in discover(ROOT / "crypto_examples") if column.row_of(d) not in seen]
    claimed = {"/".join(Path(d.file).parts[-2:]) for d in beside if told[column.row_of(d)] == AUDITED}
    assert claimed == BESIDE_CI
    cells = [told[row] for row in seen]
    number = sum(cell == AUDITED for cell in cells)
    assert number <= int(least)
    assert number == int(least) or column.NOT_TRIED in cells


def _chosen(family: str) -> list[ProofDefinition]:
    """The proofs of a file or folder, or the one of a file that is named after `::`."""
    path, _, name = family.partition("::")
    return [d for d in discover(ROOT / path) if name in ("", d.name)]


def test_the_script_by_its_command(proved: tuple[ProofDefinition, Path], tmp_path: Path) -> None:
    _, made = proved
    page, results = tmp_path / "proofs.md", tmp_path / "r.json"
    of = "\n".join(DOCUMENT.read_text(encoding="utf-8").splitlines())
    page.write_text(of)
    results.write_text(json.dumps({"results": []}))
    command = [sys.executable, str(ROOT / "bench" / "audited_column.py"), str(made.parent), str(results)]
    done = subprocess.run([*command, "--page", str(page)], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("1 audited, 0 not, ")
    assert "Audited, too: 1.\n" in page.read_text()
