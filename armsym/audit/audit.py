"""The audit of a bundle: every path of every case, and the equalities that are left of them."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field

from armsym.audit.bundle import Bundle, Case, Relation
from armsym.audit.check import RefusedError, check_certificate
from armsym.audit.contracts import Callee, NoContractError, digest
from armsym.audit.evaluate import made_of
from armsym.audit.farkas import Form
from armsym.audit.goals import Goal, Goals
from armsym.audit.ground import Refused
from armsym.audit.hints import Certificate, TextError
from armsym.audit.hints import read as read_certificate
from armsym.audit.integers import check_relations, divided
from armsym.audit.link import File
from armsym.audit.raw import Program
from armsym.audit.walk import Walk

__all__ = ["PYTHON", "Checker", "Replay", "Verdict", "audit", "callees", "walks"]


@dataclass(frozen=True)
class Checker:
    """Who accepts what paths leave: `equalities` tells which claims of a certificate's parts are not shown.

    `linear` tells which linear arguments, sums and numbers it does not accept; what it is asked holds as
    Python says.  `relations` tells which relations of integers are not shown, as `integers.check_relations` does.  All
    raise RefusedError where nothing is shown.  `rounding` is whether Python's rules are enough for numbers that masks
    round: no other checker has any.
    """

    equalities: Callable[[Certificate], list[list[tuple[int, int]]]] = check_certificate
    linear: Callable[[Sequence[Goals]], list[Goal]] = lambda goals: [goal for g in goals for goal in g.open]
    relations: Callable[[Program, Sequence[Relation], Sequence[Relation], Sequence[str]], list[Relation]] = (
        check_relations
    )
    rounding: bool = True


#: In Python.
PYTHON = Checker()

#: What is said where another checker than Python's was asked for.
ROUNDED = "numbers that masks round, or added to a part of a word: shown by Python's rules, and by no other checker"

#: Names of what is no number and no word of a contract.
_REGISTER = re.compile(r"[xv][0-9]+_(in|out)|[nzcv]_(in|out)|sp0|lr0|image|block")


@dataclass
class Verdict:
    """What came of an audit: `audited` where nothing is open, and what was re-checked, by kind.

    `certificates` is how many were accepted, each of all equalities from one cut, `linear` how many linear arguments,
    `relations` how many relations of integers were shown.
    """

    bundle: Bundle
    #: How many cases were shown, and which contracts these are: digests, none where one is a contract of no call.
    cases: int = 0
    contracts: list[str] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)
    counts: dict[str, int] = field(default_factory=dict)
    instructions: int = 0
    executed: int = 0
    certificates: int = 0
    linear: int = 0
    relations: int = 0
    #: The file's SHA-256, and where the routine begins.
    sha256: str = ""
    entry: int = 0
    #: Contracts of routines that are called, by where these begin and digest, for which no bundle was audited so far.
    unsettled: dict[tuple[int, str], str] = field(default_factory=dict)
    #: The bundles by whose audits the others hold.
    rests_on: list[str] = field(default_factory=list)

    @property
    def shown(self) -> bool:
        """Whether all was re-checked but the contracts of routines that are called."""
        return self.cases > 0 and not self.refused and not self.missing

    @property
    def open_contracts(self) -> list[str]:
        """What is said of each contract that is used and that no bundle here was audited for."""
        return [
            f"the contract of {symbol}, which is called: no bundle audited here has it (SHA-256 {said[:16]}...)"
            for (_, said), symbol in sorted(self.unsettled.items())
        ]

    @property
    def audited(self) -> bool:
        """Whether all that the contract asks for was re-checked; what is called, too (`armsym.audit.together`)."""
        return self.shown and not self.unsettled


class Replay:
    """The multipliers that a bundle has, in the order in which they are asked for."""

    def __init__(self, steps: Sequence[str]) -> None:
        self._steps, self._at = steps, 0

    def multipliers(self, goal: Form, facts: Sequence[Form]) -> tuple[Mapping[int, int], int] | None:
        """See `armsym.audit.facts.Oracle`; "-" stands for none."""
        if self._at >= len(self._steps):
            raise Refused("the bundle has multipliers for fewer questions than there are")
        line = self._steps[self._at]
        self._at += 1
        if line == "-":
            return None
        try:
            divisor, *pairs = line.split(" ")
            return {int(place): int(k) for place, k in (p.split(":") for p in pairs)}, int(divisor)
        except ValueError:
            raise Refused(f"no multipliers: {line[:80]!r}") from None

    @property
    def left(self) -> int:
        """How many nobody asked for."""
        return len(self._steps) - self._at


def validate(case: Case) -> None:
    """What a case has to be beside its text's form; raises `Refused`."""
    if not case.ensures and not case.relations and not case.holds:
        raise Refused("nothing is claimed of the results")
    kept = [(n, 30) for n in case.preserves_x] + [(n, 31) for n in case.preserves_d | case.preserves_v]
    if none := [n for n, last in kept if not 0 <= n <= last]:
        raise Refused(f"no registers to be preserved: {sorted(none)}")
    for name in (*case.numbers, *case.words):
        # In print it would be taken for something else.
        if _REGISTER.fullmatch(name) or (name in case.numbers and name in case.words):
            raise Refused(f"a number or word is called {name}, as something else is")
    if not (0 <= case.depth < 1 << 62 and 0 <= case.above < 1 << 62):
        raise Refused(f"{case.depth} bytes below SP and {case.above} above: no stack")
    for r in case.regions.values():
        # Else there might be no state on entry of which anything is claimed.
        least, most = (r.constant + sum(k * case.numbers[n][end] for n, k in r.sizes) for end in (0, 1))
        if any(k < 0 for _, k in r.sizes) or not 0 <= least <= most < 1 << 62 or r.align > 1 << 16:
            raise Refused(f"{r.name} has {least} to {most} bytes at a multiple of {r.align}: no region of memory")
    for cut in case.cuts.values():
        if not cut.number:
            continue
        own = {cut.index.name, *(u.name for u in cut.unknowns), *(c.name for c in cut.contents)}
        # Termination: the bound is a number throughout the loop.
        within = {c.number for c in case.cuts.values() if c.number and _is_within(case, c.number, cut.number)}
        for c in (case.cuts[n] for n in within):
            own |= {c.index.name, *(u.name for u in c.unknowns), *(k.name for k in c.contents)}
        met = _names(case.table, cut.index.upto) & own
        if met:
            raise Refused(f"the bound of the index at cut {cut.number} is made of {', '.join(sorted(met))}")


def _is_within(case: Case, number: int, outer: int) -> bool:
    while number:
        if number == outer:
            return True
        number = case.cuts[number].parent
    return False


def _names(table: Program, node: int) -> set[str]:
    return {i[1] for i in map(table.__getitem__, made_of(table, (node,))) if i[0] in ("Var", "App")}


def callees(bundle: Bundle, file: File) -> dict[int, Callee]:
    """The routines that a bundle calls by contract, by where they begin; raises `Refused`."""
    found: dict[int, Callee] = {}
    for symbol, cases in bundle.uses.items():
        try:
            at, _ = file.symbol(symbol)
            callee = Callee(symbol, cases)
        except ValueError as e:
            raise Refused(f"the contract of {symbol}: {e}") from None
        if at in found:
            raise Refused(f"{symbol} and {found[at].symbol}, both called by contract, are one routine")
        found[at] = callee
    return found


def walks(case: Case, file: File, entry: int, oracle: object, called: Mapping[int, Callee] | None = None) -> list[Walk]:
    """The walk from each cut, in order, all done; raises `Refused`."""
    validate(case)
    try:
        for g in case.globals.values():
            file.segment(g.address, g.size)
    except ValueError as e:
        raise Refused(str(e)) from None
    found = []
    for number in sorted(case.cuts):
        walk = Walk(case, file, entry, number, oracle, called)  # type: ignore[arg-type]
        walk.run()
        found.append(walk)
    return found


def audit(bundle: Bundle, file: File, entry: int, checker: Checker = PYTHON) -> Verdict:
    """Re-check a bundle on a file, whose routine begins at `entry`; `checker` accepts what is left.

    Contracts of routines that it calls are left unsettled.
    """
    verdict = Verdict(bundle, missing=bundle.missing[:], sha256=file.sha256, entry=entry)
    executed: set[int] = set()
    try:
        called = callees(bundle, file)
    except Refused as e:
        verdict.refused.append(str(e))
        return verdict
    verdict.unsettled = {(at, said): c.symbol for at, c in called.items() for said in c.digests}
    for case in bundle.cases:
        try:
            _audit_case(case, file, entry, verdict, executed, checker, called)
            verdict.cases += 1
        except Refused as e:
            verdict.refused.append(f"{case.title}: {e}" if case.title else str(e))
    verdict.executed = len(executed)
    if verdict.shown:
        with suppress(NoContractError):
            verdict.contracts = [digest(case) for case in bundle.cases]
    return verdict


def _audit_case(
    case: Case,
    file: File,
    entry: int,
    verdict: Verdict,
    executed: set[int],
    checker: Checker,
    called: Mapping[int, Callee],
) -> None:
    replay, goals = Replay(case.steps), []
    for walk in walks(case, file, entry, replay, called):
        executed |= walk.executed
        verdict.instructions += walk.steps
        for what, n in walk.counts.items():
            verdict.counts[what] = verdict.counts.get(what, 0) + n
        goals.append(Goals(walk.words.program, walk.arguments, sorted(walk.same), list(walk.numbers.values())))
        show_equal(walk, case.certificates.get(walk.source.number, []), checker)
        show_relations(walk, case.integers.get(walk.source.number, []), checker)
        verdict.relations += len(walk.relations)
        if walk.beyond and not checker.rounding and ROUNDED not in verdict.missing:
            verdict.missing.append(ROUNDED)
        verdict.certificates += bool(walk.claims)
        verdict.counts["equalities shown by the checker"] = verdict.counts.get(
            "equalities shown by the checker", 0
        ) + len(walk.claims)
    if replay.left:
        raise Refused(f"{replay.left} multipliers that nothing asks for")
    arguments = sum(len(g.all) for g in goals)
    try:
        if arguments and checker.linear(goals):
            raise Refused("a linear argument, an equal sum or a number is not accepted")
    except RefusedError as e:
        raise Refused(f"the linear arguments: {e}") from None
    verdict.linear += arguments


def show_equal(walk: Walk, lines: Sequence[str], checker: Checker) -> None:
    """Have the checker show the pairs that a walk claims equal; raises `Refused`."""
    if not walk.claims:
        return
    program = walk.words.program
    try:
        certificate = read_certificate(lines, program)
        if any(part.given for part in certificate.parts):
            raise Refused("a certificate with facts of its own")
        open_ = [c for claims in checker.equalities(certificate) for c in claims]
    except (TextError, RefusedError) as e:
        raise Refused(f"the certificate of cut {walk.source.number}: {e}") from None
    claimed = {c for part in certificate.parts for c in part.claims} - set(open_)
    for pair, what in walk.claims.items():
        if pair not in claimed:
            raise Refused(f"{what}: the values are not shown equal")


def show_relations(walk: Walk, lines: Sequence[str], checker: Checker) -> None:
    """Have the checker show the relations of integers that a walk claims; raises `Refused`."""
    questions = walk.questions()
    if not questions:
        return
    answers = divided(lines)
    if len(answers) != len(questions):
        n = walk.source.number
        raise Refused(f"arguments about integers of cut {n} for {len(answers)} questions: there are {len(questions)}")
    for (known, claimed), argument in zip(questions, answers, strict=True):
        try:
            # (Without an argument nothing is shown.)
            left = checker.relations(walk.words.program, known, claimed, argument) if argument else claimed
        except RefusedError as e:
            raise Refused(f"the argument about integers of cut {walk.source.number}: {e}") from None
        if left:
            raise Refused(f"{left[0].name}: the relation of integers is not shown")
