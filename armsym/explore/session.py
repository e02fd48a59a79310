"""A proof that is being explored: its recorded run, what is tried, and what is kept of that.

Everything that is tried is a run of the engine on the proof with the line added; what comes of it is said here and
nowhere else.  The status of the proof itself is that of `armsym prove`, for the lines that stand in its file.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

from armsym.elf import Image
from armsym.errors import ArmsymError, InputError
from armsym.explore.tactics import NAME, Tactic, parsed, with_tactics
from armsym.explore.walk import Walk, recorded
from armsym.isa import InstructionSet
from armsym.proof.declare import Proof
from armsym.proof.engine import Budget
from armsym.proof.loops import Routine
from armsym.proof.result import Obligation, ProofResult, Status
from armsym.proof.run import prove
from armsym.proof.state import State
from armsym.suggest.scope import Scope
from armsym.suggest.trying import Answer, Chosen, attempt

__all__ = ["Session", "Verdict"]

ProofFn = Callable[[Proof], None]
#: CPU seconds for what is tried, unless said otherwise.
SECONDS = 60.0


@dataclass
class Verdict:
    """What came of a line that was tried.

    shown     whether its own obligation is shown on every path that comes there; None where no path was seen to come
              there, or not all paths were followed
    closes    whether the whole proof (of the case looked at) closes with it
    """

    tactic: Tactic
    shown: bool | None
    closes: bool
    answer: Answer
    lines: list[str]
    #: Own obligations that are not shown, and those of the rest that are not.
    own: list[Obligation] = field(default_factory=list)
    others: list[Obligation] = field(default_factory=list)

    def text(self) -> list[str]:
        """The verdict in lines."""
        asked = self.tactic.kind in ("claim", "cut", "invariant", "lemma")
        said = [f"{self.tactic.kind} {self.tactic.text}"]
        if self.answer.broken:
            return [*said, f"  does not hold: {self.answer.broken}"]
        if asked and self.shown is None:
            followed = "on the paths that were followed it is shown, but not all were: see what is open below"
            here = any(_own(o, self.tactic) for o in self.answer.obligations)
            said.append(f"  {followed if here else 'no path came here: nothing was asked'}")
        elif asked and self.shown:
            by = sorted({b for o in self.answer.obligations if _own(o, self.tactic) for b in o.by})
            said.append(f"  shown, by {', '.join(by)}")
        for o in self.own:
            said += [f"  not shown: {o.name}", *(f"    {x.strip()}" for x in o.detail.splitlines()[:4])]
            said += _why(o)
        if self.tactic.kind == "claim" and self.shown is not None:
            return [*said, f"  {self.answer.seconds:.2f} s"]
        rest = "all of this case closes" if self.closes else f"{len(self.others)} other obligations are open"
        said.append(f"  with it {rest}  ({self.answer.seconds:.2f} s)")
        for o in self.others[:6]:
            said += [f"    {o.kind}: {o.name}", *(f"      {x.strip()}" for x in o.detail.splitlines()[:3])]
        return said


def _why(o: Obligation) -> list[str]:
    if o.why is None:
        return []
    said = []
    if o.why.sides is not None:
        said += [f"    first difference: {o.why.sides.part_found}", f"             claimed: {o.why.sides.part_claimed}"]
    if o.why.story is not None:
        said += [f"    where {turn.says}" for turn in o.why.story.turns if turn.kind in ("branch", "case", "value")][
            -3:
        ]
    return said


def _own(o: Obligation, t: Tactic) -> bool:
    return o.name == t.name or o.name.endswith(f": {t.name}")


class Session:
    """One proof, its run on symbols, and a place in it."""

    def __init__(
        self, fn: ProofFn, *, name: str, image: Image, symbol: str, isa: InstructionSet, seconds: float = SECONDS
    ) -> None:
        """Runs the proof; raises `InputError` where it cannot be set up, or no case came to be run on symbols."""
        self.fn, self.name, self.image, self.symbol, self.isa = fn, name, image, symbol, isa
        self.routine = Routine(image, isa, symbol)
        self.seconds = seconds
        self.kept: list[Tactic] = []
        self.last: Verdict | None = None
        began = time.process_time()
        self.result, self.walk = self._run(())
        #: CPU seconds that the first run took.
        self.took = time.process_time() - began
        #: The status with what is kept; None while nothing is.
        self.with_kept: Status | None = None

    def _run(self, tactics: Sequence[Tactic]) -> tuple[ProofResult, Walk]:
        scopes: dict[int, Scope] = {}
        look = recorded(self.routine, self.isa, scopes)
        budget = Budget(seconds=self.seconds)
        noting = with_tactics(self.fn, tactics, lambda p, scope: scopes.update({id(p): scope}))
        result = prove(
            noting, name=self.name, image=self.image, symbol=self.symbol, isa=self.isa, budget=budget, watch=look
        )
        opened = [w for w in look.walks if any(p.open for p in w.pieces)]
        if not look.walks:
            raise InputError(f"{self.name}: it was not run on symbols: {result.message or '`armsym prove` says why'}")
        return result, (opened or look.walks)[0]

    # -- trying -------------------------------------------------------------------------------

    def head(self) -> int | None:
        """The head of the innermost loop with an invariant that the place is in."""
        return self.walk.here.loops[0][1] if self.walk.here.loops else None

    def tried(self, typed: str) -> Verdict:
        """Try a line at the place; raises `InputError` for a line that cannot be one."""
        t = replace(parsed(typed, self.walk.at, self.head()), name=self._free())
        fn = with_tactics(self.fn, [*self.kept, t])
        try:
            answer = attempt(fn, self.routine, self._case(), seconds=self.seconds)
        except InputError:
            raise
        except ArmsymError as e:
            raise InputError(str(e)) from e
        mine = [o for o in answer.obligations if _own(o, t)]
        own = [o for o in mine if o.status is not Status.PROVED]
        others = [o for o in answer.open() if o not in own]
        shown = None if not mine or (not own and not answer.complete) else not own
        if answer.broken:
            shown = False
        lines = t.lines(self.routine, existing=self._stands_there(t))
        self.last = Verdict(t, shown, answer.closed, answer, lines, own, others)
        return self.last

    def _free(self) -> str:
        # Neither of what is kept, nor of the proof's own claims: what it is called tells what came of it.
        used = {t.name for t in self.kept} | {o.name.rpartition(": ")[2] for o in self.result.obligations}
        return next(n for n in [NAME, *(f"{NAME} {k}" for k in range(2, 1000))] if n not in used)

    def _case(self) -> Chosen:
        return self.walk.chosen

    def _stands_there(self, t: Tactic) -> bool:
        from armsym.proof.concrete import ConcreteProof

        c = self._case()
        p = ConcreteProof(self.routine, 0, 0, 0, chosen=c.values, phase=c.phase)
        self.fn(p)
        return t.kind in ("claim", "cut") and any(x.at == t.at for x in p._d.cuts)

    def keep(self) -> Status:
        """Keep the line tried last: it counts in what is tried from here on, and the run is recorded anew with it."""
        if self.last is None:
            raise InputError("keep: nothing was tried yet")
        if self.last.shown is False or self.last.answer.broken or not self.last.answer.complete:
            raise InputError("keep: what was tried last does not hold, or is not shown")
        kept = [*self.kept, self.last.tactic]
        place = self.walk.at
        result, walk = self._run(kept)
        self.kept, self.walk, self.with_kept, self.last = kept, walk, result.status, None
        if place is not None:
            self.walk.find(place)
        return result.status

    def drop(self) -> None:
        """Forget what is kept."""
        if self.kept:
            place = self.walk.at
            self.kept, self.with_kept = [], None
            _, self.walk = self._run(())
            if place is not None:
                self.walk.find(place)

    def to_copy(self) -> list[str]:
        """The lines that say what is kept, and what was tried last."""
        lines = []
        for t in self.kept:
            lines += t.lines(self.routine, existing=self._stands_there(t))
        if self.last is not None:
            lines += [] if self.last.shown is not False else ["# not shown, as it was tried:"]
            lines += self.last.lines
        return lines

    # -- asking -------------------------------------------------------------------------------

    def asked(self, typed: str) -> list[str]:
        """What a register or flag is at the place, and what made it; or an expression of s, each time it is reached."""
        name = typed.strip().removeprefix("s.")
        state = self.walk.state()
        alias = {"w": "x", "d": "v", "q": "v", "s": "v"}.get(name[:1], "") + name[1:]
        found = name if name in state else alias if alias in state and name[1:].isdigit() else None
        if found is not None:
            made = self.walk.maker(found)
            return [f"{found} = {state[found]}", *([f"  made by {made}"] if made else [])]
        if self.walk.at is None:
            raise InputError("the routine has returned here: ask for a register")
        return self._evaluated(typed.strip(), self.walk.at)

    def _evaluated(self, text: str, at: int) -> list[str]:
        answers: list[str] = []

        def look(p: Proof, scope: Scope) -> None:
            def note(s: State) -> str:
                answers.append(_shown(scope.value(text, s=s)))
                return ""

            p.show(at, note)

        fn = with_tactics(self.fn, self.kept, look)
        said = attempt(fn, self.routine, self._case(), seconds=self.seconds)
        if not answers:
            raise InputError(said.broken or next((o.detail for o in said.open()), "") or "no path comes here")
        return list(dict.fromkeys(answers))[:8]


def _shown(value: object) -> str:
    from armsym.bits import Bits
    from armsym.terms.show import show

    if isinstance(value, Bits):
        return show(value.value)
    if isinstance(value, (list, tuple)):
        return "[" + ", ".join(_shown(v) for v in value) + "]"
    inner = getattr(value, "value", value)
    return str(inner)
