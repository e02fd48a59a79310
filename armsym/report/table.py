"""The table of proofs as Markdown: what is proved of which routine, for which lengths, on what assumptions."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from armsym.proof.registry import ProofDefinition
from armsym.proof.result import KINDS, ProofResult, Status
from armsym.report.outcome import Outcome, summary
from armsym.report.wording import claims_nothing, lengths, merged
from armsym.wheels import Wheel

__all__ = ["AUDITED", "Listed", "Row", "audited_legend", "table", "title", "write"]

#: What each kind of obligation is called in the table.
LETTERS = {
    "decode": "d",
    "non-vacuous": "n",
    "memory": "m",
    "frame": "f",
    "abi": "a",
    "termination": "t",
    "constant-time": "c",
    "bti": "b",
    "contract": "k",
    "lemma": "l",
    "invariant": "i",
    "ensures": "e",
    "same-as": "q",
    "second-solver": "s",
}

#: What a cell says where an audit re-checked all of the proof: who accepted what paths leave to be shown.
AUDITED = "python"

_IN_PLACE = "_in_place"
_OVERLAPPING = "_overlapping"


@dataclass(frozen=True)
class Row:
    """One proof and what became of it; `audited` is what came of its audit, None where nobody asked for one."""

    definition: ProofDefinition
    outcome: Outcome
    audited: str | None = None


@dataclass(frozen=True)
class Listed:
    """A routine of a file that is not proved, or refuted, and why: what the configuration of a gate says of it."""

    file: str
    routine: str
    why: str


def table(rows: Sequence[Row], *, command: str, unproved: Sequence[Listed] = ()) -> str:
    """The whole document; `command` is what writes it."""
    return "\n".join(_lines(rows, command, unproved)) + "\n"


def _lines(rows: Sequence[Row], command: str, unproved: Sequence[Listed]) -> Iterator[str]:
    yield "# Table of proofs"
    yield ""
    yield f"Written by `{command}`; do not edit. How many proofs ended how: {_counts(rows)}."
    with_audits = any(r.audited is not None for r in rows)
    heads = ["routine", "proof", "for", "buffers", "assumed besides", "obligations", "s", "status"]
    if with_audits:
        heads.append("audited")
        yield f"Audited, too: {sum(r.audited == AUDITED for r in rows)}."
    yield ""
    yield from _legend(rows)
    if with_audits:
        yield from audited_legend()
    for title, group in _groups(rows).items():
        yield ""
        yield f"## {title}"
        yield ""
        yield f"| {' | '.join(heads)} |"
        yield f"|{'---|' * len(heads)}"
        names = {(r.definition.file, r.definition.name) for r in group}
        for r in group:
            audited = [(r.audited or "").replace("|", "\\|")] if with_audits else []
            yield f"| {' | '.join([*_cells(r, names), *audited])} |"
    if unproved:
        yield ""
        yield "## Not proved"
        yield ""
        yield "Routines of the same files that have no proof, as `armsym gate` accounts for them."
        yield ""
        yield from _reasons(unproved)
    yield ""
    yield "## Assumed by all"
    yield ""
    standing = [a for r in rows for a in r.outcome.result.standing]
    yield from (f"- {a}" for a in dict.fromkeys(standing))
    yield "- regions have the sizes that the proof declares and do not wrap around the address space"


def audited_legend() -> tuple[str, ...]:
    """What the column `audited` says."""
    return (
        f"- *audited*: `{AUDITED}` where `armsym audit` re-checks it by its checker in Python; else what it lacks,",
        "  or `not tried` where no bundle was made when the column was written.",
        "  [audit.md](audit.md) says what it means, and which proofs the checkers accept that are proved in Coq.",
    )


def _reasons(unproved: Sequence[Listed]) -> Iterator[str]:
    """A line for each file and reason, with all its routines."""
    found: dict[tuple[str, str], list[str]] = {}
    for u in unproved:
        found.setdefault((u.file, u.why), []).append(u.routine)
    yield from (
        f"- {file}: {', '.join(f'`{n}`' for n in sorted(names))}: {why}" for (file, why), names in found.items()
    )


def _counts(rows: Sequence[Row]) -> str:
    return ", ".join(f"{n} {name}" for name, n in summary(r.outcome for r in rows).items())


def _legend(rows: Sequence[Row]) -> Iterator[str]:
    asked = any(r.outcome.result.second is not None for r in rows)
    kinds = ", ".join(f"{LETTERS[k]} {k}" for k in KINDS if asked or k != "second-solver")
    yield "- *proof*: its name, where that is not the routine's; proofs of one routine differ in what they state of it."
    yield "- *for*: the lengths and choices it holds for, all other inputs being arbitrary."
    yield "- *buffers*: `in place` where input and output are one buffer, `overlapping` where the input begins"
    yield "  some bytes after the output in one buffer, `apart` where a row of its own proves `in place`."
    yield "- *assumed besides*: what is not in the list at the end, which all assume; each value of a choice its own."
    yield f"- *obligations*: proved of all, then how many of each kind: {kinds}."
    yield "  [SOUNDNESS.md](../SOUNDNESS.md) says what they mean."
    yield "- *s*: CPU seconds on the machine that wrote this, concrete runs included."


def _groups(rows: Sequence[Row]) -> dict[str, list[Row]]:
    found: dict[str, list[Row]] = {}
    for r in rows:
        found.setdefault(_library(r.definition), []).append(r)
    return found


def title(wheel: Wheel) -> str:
    """What the table calls a wheel's file."""
    return f"{wheel.product or wheel.package}, in `{wheel.package}=={wheel.version}`"


def _library(d: ProofDefinition) -> str:
    if isinstance(d.of, Wheel):
        return title(d.of)
    if isinstance(d.of, str):
        return f"`{Path(d.file).parent.name}/{d.of}`"
    return str(d.of)


def _cells(row: Row, names: set[tuple[str, str]]) -> Iterator[str]:
    d, o = row.definition, row.outcome
    r = o.result
    yield f"`{d.symbol}`"
    yield f"`{d.name}`" if d.name != d.symbol else ""
    yield "; ".join(lengths(r)).replace("|", "\\|")
    apart = (d.file, d.name + _IN_PLACE) in names
    ending = next((e for e in (_IN_PLACE, _OVERLAPPING) if d.name.endswith(e)), "_apart" if apart else "")
    yield ending[1:].replace("_", " ")
    yield "; ".join(merged(r.particular)).replace("|", "\\|")
    yield "" if o.left_out else _obligations(r)
    yield "" if o.left_out else f"{r.seconds:.1f}"
    status = "left out" if o.left_out else r.status.value
    shown = status if status == "proved" else f"**{status}**"
    if not o.left_out and claims_nothing(r):
        shown = "proved: **claims nothing about results**"
    yield f"{shown}: {d.note}".replace("|", "\\|") if d.note else shown


def _obligations(r: ProofResult) -> str:
    proved = sum(x.status is Status.PROVED for x in r.obligations)
    kinds = ((LETTERS[k], sum(x.kind == k for x in r.obligations)) for k in KINDS)
    return f"{proved}/{len(r.obligations)}: {' '.join(f'{letter}{n}' for letter, n in kinds if n)}"


def write(rows: Sequence[Row], file: Path, command: str, unproved: Sequence[Listed] = ()) -> None:
    """Write the table so that no half of it is ever seen; raises `OSError`."""
    part = file.with_name(f".{file.name}.{os.getpid()}")
    part.write_text(table(rows, command=command, unproved=unproved), encoding="utf-8")
    os.replace(part, file)
