"""The column `audited` of docs/proofs.md, from exports that were made piece by piece.

    armsym prove crypto_examples/ring --no-cache --json --export bundles > ring.json
    armsym prove crypto_examples/blst --no-cache --json --export bundles > blst.json
    python bench/audited_column.py bundles ring.json blst.json

`make table` writes rows and column in one run, which takes an hour and more; this leaves all rows as they are and
writes the column alone.  Nothing is taken from the results but why a proof has no bundle: the bundles are audited
here, all together.  One counts for a row only if it is of that proof and routine, was made from the proof file as it
is now, and is about the file that the proof is of.  Proofs of which no result is given are `not tried`.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import re
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path

from armsym.audit.together import settle
from armsym.cli.apart import cpus
from armsym.cli.audit import said
from armsym.cli.auditing import Finding, Question, audits
from armsym.proof.registry import ProofDefinition, discover
from armsym.report.outcome import NO_BUNDLE
from armsym.report.table import AUDITED, audited_legend
from armsym.wheels import Wheel

__all__ = ["NOT_TRIED", "cells", "with_column"]

ROOT = Path(__file__).resolve().parents[1]

#: Of a proof whose export no result tells of.
NOT_TRIED = "not tried"

#: A row of the page: the file as its heading names it, the symbol, the proof's name.
Row = tuple[str, str, str]


def row_of(d: ProofDefinition) -> Row:
    """The row that the page has of a proof."""
    of = f"{d.of.package}=={d.of.version}" if isinstance(d.of, Wheel) else f"{Path(d.file).parent.name}/{d.of}"
    return of, d.symbol, d.name


def bundle_name(d: ProofDefinition) -> str:
    """What `--export` calls its bundle."""
    return f"{Path(d.file).parent.name}.{d.name}.bundle"


def reasons(results: Iterable[Mapping[str, object]]) -> dict[str, str]:
    """Why proofs have no bundle, or "" where they have, by what its name is or would be."""
    found = {}
    for r in results:
        told = str(r.get("bundle", ""))
        name = f"{Path(str(r['source']).rpartition(':')[0]).parent.name}.{r['proof']}.bundle"
        found[name] = "" if told and not told.startswith(NO_BUNDLE) else told.removeprefix(NO_BUNDLE) or "no bundle"
    return found


@cache
def _sha256(path: str) -> str:
    return hashlib.sha256(Path(path).read_bytes()).hexdigest()


def stands_for(f: Finding, d: ProofDefinition, file: str) -> str:
    """Why a bundle with a verdict says nothing of a proof of `file`; "" where it does."""
    assert f.verdict is not None
    of, source = f.verdict.bundle, Path(d.file)
    if (of.proof, of.symbol) != (d.name, d.symbol):
        return "the bundle is of another proof"
    if of.file_sha256 != _sha256(file):
        return "the bundle is about another file"
    if of.statement != f"{source.parent.name}/{source.name} {_sha256(str(source))}":
        return "the bundle was made from another version of the proof"
    return ""


def cells(definitions: Sequence[ProofDefinition], folder: Path, told: Mapping[str, str]) -> dict[Row, str]:
    """What the column says of each proof: bundles are in `folder`; of those that are not, `told` tells why."""
    there = [d for d in definitions if (folder / bundle_name(d)).is_file()]
    found = list(audits([Question(folder / bundle_name(d)) for d in there], cpus()))
    strange = {
        row_of(d): why
        for d, f in zip(there, found, strict=True)
        if f.verdict and (why := stands_for(f, d, d.object_spec()))
    }
    # A strange bundle speaks for nobody, nor for those that call its routine.
    kept = [(d, f) for d, f in zip(there, found, strict=True) if row_of(d) not in strange]
    settle([f.verdict for _, f in kept if f.verdict])
    out = {row_of(d): told.get(bundle_name(d)) or NOT_TRIED for d in definitions}
    if AUDITED in out.values():
        raise ValueError(f"a result gives {AUDITED!r} as the reason why there is no bundle")
    return out | strange | {row_of(d): said(f) for d, f in kept}


def with_column(page: str, cell_of: Callable[[Row], str]) -> str:
    """The page with the column: instead of that which it has, or a new one."""
    had = bool(re.search(r"^\| routine .*\| audited \|$", page, re.MULTILINE))
    number = sum(cell_of(row) == AUDITED for row in _rows(page))
    return "\n".join(_renewed(page, cell_of, number, had=had)) + "\n"


def _renewed(page: str, cell_of: Callable[[Row], str], number: int, *, had: bool) -> Iterator[str]:
    of = ""
    for line in page.splitlines():
        if line.startswith("## "):
            of = _heading(line)
        if had and (line.startswith("Audited, too: ") or line in audited_legend()):
            continue
        if line.startswith(("| routine ", "|---", "| `")):
            parts = re.split(r"(?<!\\)\|", line)[1:-1]
            parts = parts[:-1] if had else parts
            if line.startswith("| `"):
                parts.append(f" {cell_of(_row(of, parts))} ".replace("|", "\\|"))
            else:
                parts.append(" audited " if line.startswith("| r") else "---")
            yield f"|{'|'.join(parts)}|"
            continue
        yield line
        if line.startswith("Written by "):
            yield f"Audited, too: {number}."
        if line.startswith("- *s*: "):
            yield from audited_legend()


def _rows(page: str) -> Iterator[Row]:
    of = ""
    for line in page.splitlines():
        if line.startswith("## "):
            of = _heading(line)
        if line.startswith("| `"):
            yield _row(of, re.split(r"(?<!\\)\|", line)[1:-1])


def _heading(line: str) -> str:
    return "".join(re.findall(r"`(.*)`", line))


def _row(of: str, parts: list[str]) -> Row:
    symbol, name = (p.strip().strip("`") for p in parts[:2])
    return of, symbol, name or symbol


def main() -> int:
    """Write the column; 0 where each row has a cell of its own."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("bundles", type=Path)
    parser.add_argument("results", type=Path, nargs="*", help="what `armsym prove --json --export` printed")
    parser.add_argument("--page", type=Path, default=ROOT / "docs" / "proofs.md")
    a = parser.parse_args()
    told = reasons(r for path in a.results for r in json.loads(path.read_text())["results"])
    page = a.page.read_text(encoding="utf-8")
    found = cells(list(discover(ROOT / "crypto_examples")), a.bundles, told)
    missing = [row for row in _rows(page) if row not in found]
    if missing:
        print(f"the page has {len(missing)} rows of no proof: {missing[:5]}", file=sys.stderr)
        return 2
    renewed = with_column(page, found.__getitem__)
    a.page.write_text(renewed, encoding="utf-8")
    audited = sum(cell == AUDITED for cell in found.values())
    untried = sum(cell == NOT_TRIED for cell in found.values())
    print(f"{audited} audited, {len(found) - audited - untried} not, {untried} not tried")
    return 0


if __name__ == "__main__":
    sys.exit(main())
