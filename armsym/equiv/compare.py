"""Whether two routines do the same: side by side, then on numbers, then on all paths."""

from __future__ import annotations

import gc
import time
from collections.abc import Callable, Collection
from itertools import product

from armsym.elf import Image
from armsym.equiv.entry import Case, Side, cases, registers_named
from armsym.equiv.instep import ASSUMED, InStep
from armsym.equiv.outputs import Outputs
from armsym.equiv.product import Limits, Parted, Product
from armsym.equiv.relation import Samples
from armsym.equiv.result import Answer, Difference, Verdict
from armsym.equiv.runs import Pass, both, cuts_of, heads_of, passes
from armsym.errors import ArmsymError, InputError
from armsym.isa import InstructionSet
from armsym.proof.abi import AAPCS64
from armsym.proof.declare import Proof
from armsym.terms import new_table

__all__ = ["RESULTS", "equivalent"]

#: Where AAPCS64 returns values: a proof says which of them are, else all count.
RESULTS = "x0,x1,v0-v3"

#: Runs in search of a difference, and to see what loops do: (seed, length above the least one).
SEARCH = tuple((1000 + 10 * hint + k, hint) for k, hint in enumerate((2, 0, 1, 3, 4, 5, 7, 12, 16, 33, 70)))
LOOPS = [(100 + k, hint) for k, hint in enumerate((2, 3, 5, 1, 0, 16, 40, 70))]

#: Loops that no run goes through more often than this are followed round by round.
FEW = 16

STANDING = (
    "both start in the same state: registers, flags, and all memory that is declared",
    "AAPCS64 on entry: SP is 16-byte aligned, LR holds the caller's return address",
    "images are loaded at multiples of 4096, their read-only parts as the files give them",
    "the images, the stack (16384 bytes below SP) and the regions that may be written are disjoint from all others",
    "memory is ordinary: no other agent changes the regions while a routine runs, nor what lies below SP",
)


def equivalent(
    first: tuple[Image, str],
    second: tuple[Image, str],
    isa: InstructionSet,
    *,
    declared: Callable[[Proof], None] | None = None,
    results: str | None = None,
    same_globals: Collection[str] = (),
    limits: Limits | None = None,
) -> Answer:
    """Compare two routines, each an image and a symbol.

    `declared` says what they are given, as a proof does: arguments, regions, preconditions.  Its claims are not looked
    at, but that the registers of which its `ensures` speak are results, unless `results` names them (see
    `Outputs.of`).  Of each of `same_globals` it is assumed that it holds the same in both files.  Raises `InputError`.
    """
    began = time.process_time()
    collecting = gc.isenabled()
    gc.disable()  # as in a proof: terms live until the end
    try:
        answer = _equivalent(first, second, isa, declared, results, same_globals, limits or Limits())
    finally:
        if collecting:
            gc.enable()
    answer.seconds = time.process_time() - began
    return answer


def _equivalent(
    first: tuple[Image, str],
    second: tuple[Image, str],
    isa: InstructionSet,
    declared: Callable[[Proof], None] | None,
    results: str | None,
    same_globals: Collection[str],
    limits: Limits,
) -> Answer:
    sides = Side.of(*first, isa), Side.of(*second, isa)
    all_cases = [] if declared is None else list(cases(declared, sides))
    interface = AAPCS64
    if all_cases:
        stated = all_cases[0].concrete(0, 0).declared._d
        interface = stated.interface
        if results is None and stated.ensures:
            results = ",".join(sorted(set().union(*(registers_named(c) for c in all_cases)))) or "none"
    outputs = Outputs.of(RESULTS if results is None else results, interface)
    images = [a for side in sides for a in side.image.assumptions]
    compared = (*outputs.names, "memory, but for what lies below SP")
    new_table()
    told = InStep(
        (sides[0].image, sides[0].entry),
        (sides[1].image, sides[1].entry),
        isa,
        outputs,
        same_globals=frozenset(same_globals),
        max_states=limits.states,
    ).run()
    assumed = (*ASSUMED, *sorted(told.assumed), *dict.fromkeys(images))
    if told.same:
        return Answer(
            Verdict.EQUIVALENT,
            "in step",
            identical=not told.differing,
            words=told.words,
            differing_words=told.differing,
            compared=compared,
            assumptions=assumed,
        )
    in_step = f"side by side they part at {told.reason}"
    if not all_cases:
        return Answer(Verdict.UNDECIDED, "in step", in_step, compared=compared, assumptions=assumed)
    standing = (*STANDING, *dict.fromkeys(images))
    notes = [in_step]
    answer = Answer(Verdict.EQUIVALENT, "paths", compared=compared, notes=notes)
    for case in all_cases:
        reason, found = _case(case, isa, outputs, limits, notes)
        answer.assumptions = (*standing, *dict.fromkeys((*answer.assumptions[len(standing) :], *case.assumptions)))
        if found is not None:
            case.symbolic()  # which says what is assumed in terms of what is declared
            answer.assumptions = (*standing, *case.assumptions)
            answer.verdict, answer.method, answer.difference = Verdict.DIFFERENT, "runs", found
            return answer
        if reason:
            where = f"where {case.text}: " if case.text else ""
            answer.verdict, answer.reason = Verdict.UNDECIDED, where + reason
            return answer
    return answer


def _case(
    case: Case, isa: InstructionSet, outputs: Outputs, limits: Limits, notes: list[str]
) -> tuple[str, Difference | None]:
    """(why it is undecided, the difference found) for one case; neither where both do the same."""
    witnesses, silent = 0, ""
    for seed, hint in SEARCH:
        found, start, ran = both(case, isa, outputs, seed, hint)
        if found is not None:
            return "", found
        if all(r.final is not None for r in ran) and not start.doubts:
            witnesses += 1
        else:
            silent = silent or next((r.stop for r in ran if r.stop), "") or next(iter(start.doubts), "")
            ended = [r.final is not None for r in ran]
            if ended[0] != ended[1] and not start.rejected:
                which = ("first", "second")[ended[0]]
                return f"in a run only the {which} stops: {ran[ended[0]].stop}", None
    if not witnesses:
        return f"no run meets what is declared and returns: {silent}", None
    reason = ""
    heads = heads_of(case, isa, LOOPS)
    #: Loops that are never gone through often are followed round by round; if that does not do, they are not.
    plans = [tuple(found.often(least) for found in heads) for least in (FEW, 1)]
    for choices, (ours, theirs) in product((False, True), plans if plans[0] != plans[1] else plans[:1]):
        try:
            samples = _samples(case, isa, (ours, theirs))
            pair = Product(case, isa, outputs, samples, limits, choices)
            pair.run()
        except Parted as e:
            reason = reason or str(e)
            if e.model is not None:
                difference = _tried(case, isa, outputs, pair, e)
                if difference is not None:
                    return "", difference
        except InputError:
            raise
        except ArmsymError as e:
            reason = reason or str(e)
        else:
            case.assumptions += pair.assumptions
            return "", None
    return reason, None


def _tried(case: Case, isa: InstructionSet, outputs: Outputs, product: Product, e: Parted) -> Difference | None:
    """Whether the input that a solver proposes shows a difference."""
    assert e.model is not None
    values = product.declared.input_values(e.model)
    for seed in range(3):
        for hint in (0, 2):
            found, _, _ = both(case, isa, outputs, 7000 + seed, hint, values)
            if found is not None:
                return found
    return None


def _samples(
    case: Case, isa: InstructionSet, wanted: tuple[dict[int, int], dict[int, int]]
) -> dict[tuple[int, int], Samples]:
    """The pairs of loop heads (head -> end of the loop, for each side) that runs reach, and what they show of them.

    Raises `Parted` where the two do not go round together.
    """
    samples: dict[tuple[int, int], Samples] = {}
    if not wanted[0] and not wanted[1]:
        return samples
    apart: Parted | None = None
    # A loop that is tested at its head comes there once more than one tested at its end: but not behind the test.
    for inner in ((False, False), (True, False), (False, True), (True, True)):
        cuts = [cuts_of(s, w, within) for s, w, within in zip(case.sides, wanted, inner, strict=True)]
        samples = {}
        try:
            for run in passes(case, isa, LOOPS, (cuts[0], cuts[1])):
                _add(case, run, samples)
        except Parted as e:
            apart = apart or e
        else:
            return samples
    assert apart is not None
    raise apart


def _add(case: Case, run: Pass, samples: dict[tuple[int, int], Samples]) -> None:
    ours, theirs = run.arrivals
    if len(ours) != len(theirs):
        named = [
            ", ".join(sorted({side.image.symbolize(a.head) for a in arrivals})) or "none"
            for side, arrivals in zip(case.sides, run.arrivals, strict=True)
        ]
        raise Parted(
            f"their loops do not go round together: in a run the first is {len(ours)} times at a head ({named[0]}),"
            f" the second {len(theirs)} times ({named[1]})"
        )
    for a, b in zip(ours, theirs, strict=True):
        times = samples.setdefault((a.head, b.head), Samples()).times
        if a.first or b.first or not times or times[-1][0] is not run:
            times.append((run, []))
        times[-1][1].append((a.machine, b.machine))
