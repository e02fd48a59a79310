"""What a gate found of each routine of a file, as text, JSON, JUnit XML and SARIF."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path
from typing import Any

from armsym.report.as_json import outcomes_as_dict
from armsym.report.junit import clean, reason
from armsym.report.outcome import ExitCode, Outcome
from armsym.report.text import Line, outcome_lines

__all__ = [
    "Gated",
    "Standing",
    "exit_code_of",
    "gate_as_dict",
    "gate_junit",
    "gate_lines",
    "gate_sarif",
    "gate_summary",
]


class Standing(str, Enum):
    """What is known of a routine, and whether that was expected."""

    PROVED = "proved"
    REFUTED = "refuted"
    UNDECIDED = "undecided"
    ERROR = "error"
    #: It is listed in the configuration, with the reason why it is not proved, or why it is refuted.
    LISTED = "listed"
    #: No proof speaks of it, and it is not listed.
    UNLISTED = "unlisted"
    #: It is listed, but what the list says of it is not so.
    STALE = "stale"


#: The standings that a gate lets pass.
PASSED = frozenset({Standing.PROVED, Standing.LISTED})
_STYLES = {Standing.PROVED: "green", Standing.LISTED: "cyan", Standing.REFUTED: "bold red"}
_CODES = {
    Standing.REFUTED: ExitCode.REFUTED,
    Standing.ERROR: ExitCode.INPUT,
    Standing.STALE: ExitCode.INPUT,
    Standing.UNDECIDED: ExitCode.UNDECIDED,
    Standing.UNLISTED: ExitCode.UNDECIDED,
}
_MEANS = {
    Standing.REFUTED: "A routine does not do what its proof says.",
    Standing.ERROR: "A proof of a routine cannot be run.",
    Standing.STALE: "What the configuration says of a routine is not so.",
    Standing.UNDECIDED: "A routine was not shown to do what its proof says.",
    Standing.UNLISTED: "No proof speaks of a routine, and it is not listed.",
    Standing.LISTED: "A routine is listed with a reason, and not proved.",
}


@dataclass
class Gated:
    """One routine of one file: its names, what is known of it, and the proofs that were run of it."""

    file: str
    file_sha256: str
    names: tuple[str, ...]
    standing: Standing
    why: str = ""
    outcomes: Sequence[Outcome] = field(default_factory=tuple)

    @property
    def passed(self) -> bool:
        """Whether the gate lets it pass."""
        return self.standing in PASSED

    @property
    def symbol(self) -> str:
        """The name it is called by in reports."""
        return self.names[0]


def exit_code_of(found: Sequence[Gated]) -> ExitCode:
    """0 only if every routine passes, and there is one; internal error, refuted, bad input, undecided otherwise."""
    if not found:
        return ExitCode.NOTHING
    codes = {_CODES[g.standing] for g in found if not g.passed}
    if any(o.internal for g in found for o in g.outcomes):
        codes.add(ExitCode.INTERNAL)
    order = (ExitCode.INTERNAL, ExitCode.REFUTED, ExitCode.INPUT, ExitCode.UNDECIDED)
    return next((c for c in order if c in codes), ExitCode.PROVED)


def gate_lines(g: Gated, *, verbose: bool = False) -> Iterator[Line]:
    """A line for a routine; below it what stands against it, or everything if `verbose`."""
    also = f" = {', '.join(g.names[1:])}" if len(g.names) > 1 else ""
    cached = "  cached" if g.outcomes and all(o.cached for o in g.outcomes) else ""
    head: list[tuple[str, str]] = [
        (f"{g.standing.value:<9}", _STYLES.get(g.standing, "yellow")),
        (f"  {g.symbol}{also}", "bold"),
        (f"  ({Path(g.file).name}){cached}", ""),
    ]
    yield [*head, (f": {g.why}", "")] if g.why else head
    if verbose or not g.passed:
        for o in g.outcomes:
            yield from ([("    ", ""), *line] for line in outcome_lines(o, verbose=verbose))


def gate_summary(found: Sequence[Gated], seconds: float) -> Line:
    """`410 routines: 400 proved, 10 listed in 12.0 s`."""
    counts = Counter(g.standing for g in found)
    told = ", ".join(f"{counts[s]} {s.value}" for s in Standing if counts[s])
    cached = sum(o.cached for g in found for o in g.outcomes)
    more = f", {cached} of {sum(len(g.outcomes) for g in found)} proofs from the cache" if cached else ""
    return [(f"{len(found)} routine{'s' * (len(found) != 1)}: {told}{more} in {seconds:.1f} s", "")]


def gate_as_dict(found: Sequence[Gated]) -> dict[str, Any]:
    """The JSON that docs/json.md describes, without the schema's version."""
    return {
        "passed": exit_code_of(found) is ExitCode.PROVED,
        "routines": [
            {
                "file": g.file,
                "file_sha256": g.file_sha256,
                "symbols": list(g.names),
                "standing": g.standing.value,
                "passed": g.passed,
                "reason": g.why,
                "results": outcomes_as_dict(g.outcomes)["results"],
            }
            for g in found
        ],
    }


def _text(g: Gated) -> str:
    reasons = [f"{o.result.proof}: {reason(o)}" for o in g.outcomes if o.code is not ExitCode.PROVED]
    return f"{g.symbol}: {g.standing.value}" + "".join(f"; {t}" for t in ([g.why] if g.why else []) + reasons)


def gate_junit(found: Sequence[Gated]) -> str:
    """JUnit XML: a test case for each routine; what is listed is skipped, whatever does not pass is a failure."""
    suite = ET.Element("testsuite", name="armsym gate", tests=str(len(found)))
    failures = skipped = 0
    for g in found:
        case = ET.SubElement(suite, "testcase", name=clean(g.symbol), classname=clean(g.file))
        case.set("time", f"{sum(o.result.seconds for o in g.outcomes if not o.cached):.3f}")
        if g.standing is Standing.LISTED:
            skipped += 1
            ET.SubElement(case, "skipped", message=clean(g.why))
        elif not g.passed:
            failures += 1
            what = ET.SubElement(case, "failure", type=g.standing.value, message=clean(_text(g)))
            what.text = clean("\n".join("".join(t for t, _ in line) for line in gate_lines(g)))
    suite.set("failures", str(failures))
    suite.set("errors", "0")
    suite.set("skipped", str(skipped))
    root = ET.Element("testsuites")
    root.append(suite)
    ET.indent(root)
    return ET.tostring(root, encoding="unicode", xml_declaration=True) + "\n"


def gate_sarif(found: Sequence[Gated], config: Path, version: str) -> dict[str, Any]:
    """SARIF 2.1.0: an error for each routine that does not pass, a note for each that is listed.

    The place is that of the proof that does not hold, else the configuration.
    """
    results = [
        {
            "ruleId": g.standing.value,
            "level": "note" if g.passed else "error",
            "message": {"text": _text(g)},
            "locations": [_location(g, config)],
            "partialFingerprints": {"routine/v1": f"{Path(g.file).name}:{g.symbol}"},
        }
        for g in found
        if g.standing is not Standing.PROVED
    ]
    rules = [{"id": s.value, "shortDescription": {"text": text}} for s, text in _MEANS.items()]
    driver = {"name": "armsym", "version": version, "rules": rules}
    return {
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{"tool": {"driver": driver}, "results": results}],
    }


def _location(g: Gated, config: Path) -> dict[str, Any]:
    source = next((o.source for o in g.outcomes if o.code is not ExitCode.PROVED and o.source), "")
    file, _, line = source.rpartition(":")
    place = Path(file) if file else config
    region = {"region": {"startLine": int(line)}} if file and line.isdigit() and int(line) > 0 else {}
    logical = [{"name": g.symbol, "kind": "function"}]
    return {"physicalLocation": {"artifactLocation": {"uri": _uri(place)}, **region}, "logicalLocations": logical}


def _uri(path: Path) -> str:
    """Relative to the working folder where the file lies below it, so that a service finds it in the repository."""
    try:
        from urllib.parse import quote

        return quote(path.resolve().relative_to(Path.cwd()).as_posix())
    except ValueError:
        return path.resolve().as_uri()


def worst_of(outcomes: Iterable[Outcome]) -> Standing:
    """What is known of a routine by all proofs of it together."""
    order = (Standing.ERROR, Standing.REFUTED, Standing.UNDECIDED)
    found = {Standing.ERROR if o.internal or o.left_out else Standing(o.result.status.value) for o in outcomes}
    return next((s for s in order if s in found), Standing.PROVED if found else Standing.UNLISTED)
