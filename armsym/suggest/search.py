"""Invariants for the loops of a proof: proposed from runs, kept where the engine shows them, made as few as will do.

What no run breaks is claimed at once of all loops; claims that are not shown go, until all that are left are.  If then
the whole proof closes, claims go that it closes without.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from armsym.errors import InputError
from armsym.proof.concrete import ConcreteProof
from armsym.proof.declare import Invariant, Proof
from armsym.proof.loops import Loop, Routine
from armsym.proof.result import Obligation
from armsym.suggest.arrival import arrivals
from armsym.suggest.match import Found, candidates
from armsym.suggest.runs import Seen, observe
from armsym.suggest.shape import Shape, grows, lengths, loop_text, most, shapes, varying
from armsym.suggest.trying import Added, Answer, Chosen, attempt, extended, first_case

__all__ = ["ForLoop", "Suggestion", "suggest"]

ProofFn = Callable[[Proof], None]

#: Ways to count a loop that are looked at, those that the engine is asked about, and rounds of taking claims out.
SHAPES, ASKED, ROUNDS = 40, 3, 12
#: Arrivals after the first of each entry that a way to count has to leave.
ENOUGH = 6
#: A loop that comes round no more often in any run may do without an invariant: it is followed round by round.
SHORT, UNROLLED = 8, 16
#: CPU seconds for one question to the engine.
ONCE = 40.0


@dataclass
class ForLoop:
    """What is proposed for a loop: the invariant as text, and whether the proof has one at its head already."""

    loop: Loop
    text: str
    added: Added
    has_one: bool = False
    #: Claims that no run breaks, but the engine does not show.
    not_shown: list[str] = field(default_factory=list)


@dataclass
class Suggestion:
    """The answer: `closes` says whether the engine shows the whole proof (of its first case) with what is proposed."""

    loops: list[ForLoop]
    closes: bool
    #: What is still open with it.
    open: list[Obligation]
    places: dict[str, str]
    seconds: float
    #: Runs and questions to the engine that it took.
    runs: int = 0
    asked: int = 0
    why: str = ""
    #: Whether time was left to find out which claims the proof closes without.
    minimal: bool = False


@dataclass
class _Option:
    shape: Shape
    found: list[Found]

    def added(self, head: int) -> Added:
        x = self.shape
        claims = {f.name: f.text for f in self.found}
        return Added(head, x.upto, x.inclusive, x.step, x.when, claims)


def suggest(fn: ProofFn, routine: Routine, *, seconds: float = 120.0, minimise: bool = True) -> Suggestion:
    """Propose invariants for the loops that come round a number of times that depends on the inputs.

    `seconds` of CPU time in all.  Raises `InputError` where the proof cannot be set up.
    """
    began = time.process_time()
    case = first_case(fn, routine)
    heads = [x.head for x in routine.all_loops]
    seen = observe(fn, routine, heads, case)
    if not seen:
        raise InputError(f"{routine.symbol}: no run on numbers came to its end: `armsym prove` says why")
    own = _own(fn, routine, case)
    numbers = lengths(fn, routine, case)
    s = _Search(fn, routine, case, began + seconds)
    options: dict[int, list[_Option | None]] = {}
    for loop in routine.all_loops:
        if loop.head in own:
            known = own[loop.head]
            options[loop.head] = [_option(seen, loop.head, Shape("", known.step, known.inclusive), numbers)]
        elif varying(seen, loop.head):
            options[loop.head] = [*_options(seen, loop.head, numbers)]
            few = most(seen, loop.head)
            if few <= SHORT and not grows(seen, loop.head, numbers):
                options[loop.head].insert(0, None)  # the rest after a loop of several blocks at a time, say
            elif few <= UNROLLED:
                options[loop.head].append(None)
            if not options[loop.head]:
                s.why = f"how often {loop_text(routine, loop)} comes round is no number that the proof has a name for"
                del options[loop.head]
    chosen = dict.fromkeys(options, 0)
    added, answer = s.shown(options, chosen)
    for head in [h for h in options if len(options[h]) > 1]:
        for k in range(1, len(options[head])):
            if answer.closed or s.over():
                break
            other, said = s.shown(options, {**chosen, head: k})
            if _rest(said) < _rest(answer):
                added, answer, chosen = other, said, {**chosen, head: k}
    minimal = False
    if answer.closed and minimise:
        added, minimal = s.fewer(added)
    loops = [
        ForLoop(x, loop_text(routine, x), a, x.head in own, _left(options[x.head][chosen[x.head]], a))
        for x in routine.all_loops
        for a in added
        if a.head == x.head
    ]
    return Suggestion(
        loops,
        answer.closed,
        answer.open(),
        _places(seen[0], loops),
        time.process_time() - began,
        len(seen),
        s.asked,
        s.why or answer.broken,
        minimal,
    )


def _rest(answer: Answer) -> tuple[bool, bool, int]:
    """How far an answer is from a closed proof: the least is the best."""
    return not answer.closed, bool(answer.broken), len(answer.open())


def _left(option: _Option | None, kept: Added) -> list[str]:
    return [] if option is None else [f.text for f in option.found if f.name not in kept.claims]


def _own(fn: ProofFn, routine: Routine, case: Chosen) -> dict[int, Invariant]:
    p = ConcreteProof(routine, 0, 0, 0, chosen=case.values, phase=case.phase)
    fn(p)
    return {inv.head: inv for inv in p._d.invariants}


def _option(seen: Sequence[Seen], head: int, shape: Shape, numbers: Sequence[str]) -> _Option:
    return _Option(shape, candidates(arrivals(seen, head, shape), shape, numbers))


def _options(seen: Sequence[Seen], head: int, numbers: Sequence[str]) -> list[_Option]:
    """Ways to count the loop, those with the most found first."""
    found: list[tuple[int, _Option]] = []
    for k, shape in enumerate(shapes(seen, head, numbers)):
        if k >= SHAPES:
            break
        where = arrivals(seen, head, shape)
        if sum(a.i > 0 for a in where) < ENOUGH:
            continue
        counted = sum(len(entry) for s in seen for entry in shape.counted(s, head))
        found.append((counted, _Option(shape, candidates(where, shape, numbers))))
    # Of conditions under which the same is true, the one that leaves out the fewest arrivals.
    found.sort(key=lambda o: (-sum(f.telling for f in o[1].found if f.telling > 1), ">>" in o[1].shape.upto, -o[0]))
    best: dict[tuple[str, int], _Option] = {}
    for _, o in found:
        best.setdefault((o.shape.upto, o.shape.step), o)
    # Of those that count loosely one is asked about in any case.
    loose = next((o for o in best.values() if o.shape.slack == 3), None)
    first = list(best.values())[:ASKED]
    return first if loose is None or loose in first else [*first[: ASKED - 1], loose]


def _places(seen: Seen, loops: Sequence[ForLoop]) -> dict[str, str]:
    """Of the names that are used: where they stand, if not in the proof function itself."""
    used = " ".join(" ".join([x.added.upto, x.added.when, *x.added.claims.values()]) for x in loops)
    return {n: where for n, where in seen.scope.places.items() if n in _names(used)}


def _names(text: str) -> set[str]:
    word, found = "", set()
    for c in [*text, " "]:
        if c.isalnum() or c == "_" or (c == "." and word):
            word += c
        else:
            found.add(word.split(".")[0])
            word = ""
    return found


class _Search:
    """Questions to the engine about claims added to one proof, within a time."""

    def __init__(self, fn: ProofFn, routine: Routine, case: Chosen, until: float) -> None:
        self.fn, self.routine, self.case, self.until = fn, routine, case, until
        self.asked = 0
        self.why = ""
        #: Names of claims that say where a value of the specification is.
        self.telling: set[str] = set()

    def over(self) -> bool:
        """Whether the time is spent."""
        return time.process_time() > self.until

    def ask(self, added: Sequence[Added]) -> Answer:
        """What the engine says of the proof with these."""
        self.asked += 1
        left = max(1.0, min(ONCE, self.until - time.process_time()))
        return attempt(extended(self.fn, added), self.routine, self.case, seconds=left)

    def shown(self, options: dict[int, list[_Option | None]], which: dict[int, int]) -> tuple[list[Added], Answer]:
        """All claims of these options but those that are not shown, and the answer with what is left."""
        taken = [(head, o) for head, k in which.items() if (o := options[head][k]) is not None]
        self.telling |= {f.name for _, o in taken for f in o.found if f.telling > 1}
        added = [o.added(head) for head, o in taken]
        answer = self.ask(added)
        for _ in range(ROUNDS):
            fewer = [a.with_claims(_without(a, answer, self.routine)) for a in added]
            if (
                answer.closed
                or self.over()
                or all(len(x.claims) == len(a.claims) for x, a in zip(fewer, added, strict=True))
            ):
                break
            added = fewer
            answer = self.ask(added)
        return added, answer

    def fewer(self, added: list[Added]) -> tuple[list[Added], bool]:
        """Without the claims that the proof closes without; and whether time was left for all of them."""
        bare = [a.with_claims({n: t for n, t in a.claims.items() if n in self.telling}) for a in added]
        if bare != added and self.ask(bare).closed:
            added = bare
        for k, a in enumerate(added):
            for name in reversed(list(a.claims)):
                if self.over():
                    return added, False
                claims = {n: t for n, t in added[k].claims.items() if n != name}
                trial = [*added[:k], added[k].with_claims(claims), *added[k + 1 :]]
                if self.ask(trial).closed:
                    added = trial
        return added, True


def _without(a: Added, answer: Answer, routine: Routine) -> dict[str, str]:
    """The claims of an invariant that were not found wrong or not shown."""
    place = f"invariant at {routine.image.symbolize(a.head)}"
    names = {o.name for o in answer.open() if o.kind == "invariant"}
    bad = {
        name
        for name in a.claims
        if {f"{place}, on entry: {name}", f"{place}, step: {name}", f"{place}: {name}"} & names
        or answer.broken.startswith((f"{name}:", f"{name}["))
    }
    return {name: text for name, text in a.claims.items() if name not in bad}
