"""Changed certificates: Python's checker, the one extracted from Coq and Coq's kernel accept the same."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence

from audit_attacked import Attacked, Tally
from audit_mutants import Lines, another_number

from armsym.audit.audit import Replay, walks
from armsym.audit.check import RefusedError, check_certificate
from armsym.audit.hints import Certificate, TextError
from armsym.audit.hints import read as read_certificate
from armsym.audit.proved import kernel, ocaml
from armsym.audit.raw import Program

__all__ = ["checkers"]


def _certificates(a: Attacked) -> list[tuple[Program, list[str]]]:
    """The raw program of each walk with the lines of its certificate."""
    found = []
    for case in a.bundle.cases:
        for walk in walks(case, a.elf, a.entry, Replay(case.steps)):
            lines = case.certificates.get(walk.source.number)
            if walk.claims and lines:
                found.append((walk.words.program, lines))
    return found


def _changed(program: Program, lines: Lines, rng: random.Random) -> Certificate | None:
    """The certificate with a step changed, dropped, doubled or moved; None where that is no certificate."""
    changed, found = lines[:], list(range(lines.index("part 0") + 1, len(lines) - 1))
    at, other, what = rng.choice(found), rng.choice(found), rng.randrange(6)
    if what <= 2:
        changed[at] = another_number(changed[at], rng)
    elif what == 3:
        del changed[at]
    elif what == 4:
        changed.insert(other, changed[at])
    else:
        changed[at], changed[other] = changed[other], changed[at]
    copy = Program()
    copy.instructions = program.instructions[:]
    copy._number = dict(program._number)
    try:
        return None if changed == lines else read_certificate(changed, copy)
    except TextError:
        return None


def checkers(attacked: Sequence[Attacked], by_ocaml: int, by_coq: int, tally: Tally) -> None:
    """Have so many certificates, first as they are and then changed, judged by each checker."""
    rng = random.Random("certificates")
    sources = [(a, program, lines) for a in attacked for program, lines in _certificates(a)]
    small = sorted(sources, key=lambda s: len(s[1]))[: max(4, len(sources) // 3)]

    def some(count: int, of: Sequence[tuple[Attacked, Program, Lines]]) -> Iterator[tuple[str, Certificate]]:
        turn, given = 0, 0
        while given < count:
            a, program, lines = of[turn % len(of)]
            made = _changed(program, lines, rng)
            turn += 1
            if made is not None:
                given += 1
                yield a.path.name, made

    named = list(some(by_ocaml, sources))
    theirs = ocaml([c for _, c in named]) if named else []
    for (name, c), said in zip(named, theirs, strict=True):
        _compare(name, "ocaml", _python(c), said, tally)
    for name, c in some(by_coq, small):
        ours = _python(c)
        try:
            kernel(c)
            accepted = True
        except RefusedError:
            accepted = False
        _compare(name, "coq", ours is not None and not any(ours), accepted, tally)


def _python(c: Certificate) -> list[list[tuple[int, int]]] | None:
    try:
        return check_certificate(c)
    except RefusedError:
        return None


def _compare(name: str, who: str, ours: object, theirs: object, tally: Tally) -> None:
    kind = f"changed certificates, Python beside {who}"
    tally.tried[kind] += 1
    if ours in (None, False):
        tally.refused[kind] += 1
    else:
        some = isinstance(ours, list) and any(ours)
        tally.harmless[f"{kind}: {'but for some claims, by both' if some else 'by both'}"] += 1
    if ours != theirs:
        tally.findings.append(f"{name}: Python {ours!r:.80}, {who} {theirs!r:.80}")
