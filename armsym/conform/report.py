"""The written coverage report: what was compared, class by class, and what was not and why."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from armsym.conform.capstone_exceptions import EXCEPTIONS
from armsym.conform.decode import UNPREDICTABLE, DecodeResult, ScopeRule
from armsym.conform.execute import ExecuteResult
from armsym.conform.symbolic import SymbolicResult
from armsym.conform.unicorn_oracle import GAPS

__all__ = ["ClassReport", "markdown"]


@dataclass(frozen=True)
class ClassReport:
    """The three comparisons of one encoding class."""

    name: str
    summary: str
    decode: DecodeResult
    execute: ExecuteResult
    symbolic: SymbolicResult

    @property
    def ok(self) -> bool:
        """Whether all three agreed."""
        return self.decode.ok and self.execute.ok and self.symbolic.ok


def _table(head: Sequence[str], rows: Sequence[Sequence[object]]) -> list[str]:
    def cell(x: object) -> str:
        return f"{x:,}" if isinstance(x, int) else str(x).replace("|", "\\|")

    lines = ["| " + " | ".join(head) + " |", "|" + "---|" * len(head)]
    return lines + ["| " + " | ".join(map(cell, row)) + " |" for row in rows]


def markdown(
    isa_name: str,
    classes: Sequence[ClassReport],
    random_words: DecodeResult,
    *,
    seed: int,
    scope: Sequence[ScopeRule],
    versions: dict[str, str],
) -> str:
    """The report as Markdown, the same for the same counts."""
    executions = sum(c.execute.compared for c in classes)
    words = sum(c.decode.words for c in classes)
    bad = sum(not c.ok for c in classes) + (not random_words.ok)
    verdict = f"**{bad} with mismatches**" if bad else "all in agreement"
    lines = [
        f"# Conformance of {isa_name}",
        "",
        "Written by `armsym conform report`; do not edit.",
        f"Oracles: {', '.join(f'{k} {v}' for k, v in versions.items())}.  Seed: {seed}.",
        "",
        f"- {len(classes)} encoding classes, {verdict}.",
        f"- Decoding: {words:,} words of the classes and {random_words.words:,} random words.",
        f"- Execution: {executions:,} executions compared with Unicorn.",
        f"- Terms against numbers: {sum(c.symbolic.compared for c in classes):,} executions compared.",
        "",
        "Field combinations are those of the fields that hold no register number; where not all were",
        "enumerated, the narrow fields are enumerated and the wide ones take boundary and random values.",
        "",
        "## Classes",
        "",
    ]
    lines += _table(
        (
            "class",
            "forms",
            "combinations",
            "all decoded",
            "words decoded",
            "executions",
            "all forms executed",
            "of them faults",
            "branches",
            "on terms",
            "mismatches",
        ),
        [
            (
                c.name,
                len(c.decode.mnemonics),
                c.decode.combinations,
                "yes" if c.decode.enumerated else "sample",
                c.decode.words,
                c.execute.compared,
                "yes" if c.execute.complete else "sample",
                c.execute.faults,
                c.execute.branches,
                c.symbolic.compared,
                c.decode.mismatch_count + c.execute.mismatch_count + c.symbolic.mismatch_count,
            )
            for c in classes
        ],
    )
    lines += ["", "## Mnemonics", ""]
    lines += _table(
        ("class", "manual", "mnemonics"),
        [(c.name, c.summary, " ".join(sorted(c.decode.mnemonics))) for c in classes],
    )
    lines += _not_compared(classes)
    lines += _differences(classes, random_words, scope)
    return "\n".join(lines) + "\n"


def _not_compared(classes: Sequence[ClassReport]) -> list[str]:
    skipped: Counter[tuple[str, str]] = Counter()
    for c in classes:
        for reason, n in c.execute.skipped.items():
            skipped["execution", reason] += n
        for reason, n in c.symbolic.skipped.items():
            skipped["terms", reason] += n
    lines = ["", "## Not compared", "", "Executions that were run but could not be compared, by reason.", ""]
    lines += _table(("comparison", "reason", "executions"), [(a, b, n) for (a, b), n in sorted(skipped.items())])
    lines += ["", "What Unicorn does not have:", ""]
    return lines + [f"- {g.reason} (words {g.value:#010x} under mask {g.mask:#010x})." for g in GAPS]


def _differences(classes: Sequence[ClassReport], random_words: DecodeResult, scope: Sequence[ScopeRule]) -> list[str]:
    excepted: Counter[str] = Counter()
    out: Counter[str] = Counter()
    for d in (*(c.decode for c in classes), random_words):
        excepted.update(d.excepted)
        out.update(d.out_of_scope)
    reasons = {e.name: e.reason for e in EXCEPTIONS} | {UNPREDICTABLE: "either refusal is permitted"}
    lines = ["", "## Where Capstone departs from the manual", ""]
    lines += _table(
        ("exception", "reason", "words"),
        [(name, reasons.get(name, ""), n) for name, n in sorted(excepted.items())],
    )
    lines += [
        "",
        "## Out of scope",
        "",
        "Words that Capstone reads and the instruction set leaves out on purpose.",
        "",
    ]
    known = {r.feature: getattr(r, "reason", "") for r in scope}
    return lines + _table(("feature", "reason", "words seen"), [(f, why, out[f]) for f, why in known.items()])
