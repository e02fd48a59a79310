"""The recorded run of a proof as text: pieces of paths, their steps, and what every register holds before each step.

No terms are kept: a claim that is tried makes terms of its own.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

from armsym.bits import Bits
from armsym.elf import Image
from armsym.errors import ArmsymError
from armsym.isa import InstructionSet
from armsym.proof.loops import Routine
from armsym.proof.result import Obligation, ProofResult, Status
from armsym.suggest.scope import Scope
from armsym.suggest.trying import Chosen
from armsym.terms.node import Term, Value, intern
from armsym.view.recording import FLAGS, REGISTERS, CaseRecord, Recorder, Step
from armsym.view.texts import Texts
from armsym.view.vocabulary import Vocabulary

__all__ = ["Line", "Piece", "Walk", "recorded"]

_WIDTHS = {name: 128 if name[0] == "v" else 64 for name in REGISTERS} | dict.fromkeys(FLAGS, 1)


@dataclass
class Line:
    """One step: the instruction at a code offset, what changed before it (a cut's claims) and by it, by register."""

    at: int
    assembly: str
    claimed: dict[str, str]
    changed: dict[str, str]
    stores: list[str]
    facts: list[str]
    shown: list[Obligation]
    #: The contract that stood for the code from here to the return; else empty.
    called: str
    #: False for the instruction at which the path stopped.
    done: bool


@dataclass
class Piece:
    """A piece of a path, from the entry, a loop's head, a branch or a join to where it ends (see `Segment`)."""

    number: int
    parent: int | None
    how: str
    at: int
    loops: tuple[tuple[str, int], ...]
    start: dict[str, str]
    facts: list[str]
    end: str
    to: int | None
    ends: list[Obligation]
    learned: list[str]
    lines: list[Line] = field(default_factory=list)

    @property
    def open(self) -> list[Obligation]:
        """What was asked in it and not shown."""
        asked = [o for line in self.lines for o in line.shown] + self.ends
        return [o for o in asked if o.status is not Status.PROVED]


@dataclass
class Walk:
    """All pieces of one case, and a place in it: step `step` of piece `piece` (one past the last: its end)."""

    case: str
    pieces: list[Piece]
    image: Image
    routine: Routine
    #: What the proof chose in this case.
    chosen: Chosen = field(default_factory=Chosen)
    piece: int = 0
    step: int = 0

    @property
    def here(self) -> Piece:
        """The piece that the place is in."""
        return self.pieces[self.piece]

    @property
    def line(self) -> Line | None:
        """The step at the place; None at the end of a piece."""
        lines = self.here.lines
        return lines[self.step] if self.step < len(lines) else None

    @property
    def at(self) -> int | None:
        """The code offset of the place; None on return."""
        if self.line is not None:
            return self.line.at
        return self.here.to

    # -- moving -------------------------------------------------------------------------------

    def children(self, piece: Piece | None = None) -> list[Piece]:
        """The pieces that go on from one."""
        number = (piece or self.here).number
        return [x for x in self.pieces if x.parent == number]

    def go(self, piece: int, step: int = 0) -> bool:
        """To a step of a piece; False, and the place stays, where there is none."""
        if not (0 <= piece < len(self.pieces) and 0 <= step <= len(self.pieces[piece].lines)):
            return False
        self.piece, self.step = piece, step
        return True

    def forward(self) -> bool:
        """One step on: from the end of a piece into the first that goes on from it, else the next one recorded."""
        if self.step < len(self.here.lines):
            return self.go(self.piece, self.step + 1)
        after = self.children()
        return self.go(self.pieces.index(after[0])) if after else self.go(self.piece + 1)

    def back(self) -> bool:
        """One step back: from the start of a piece to the end of the one that it goes on from."""
        if self.step:
            return self.go(self.piece, self.step - 1)
        before = [k for k, x in enumerate(self.pieces) if x.number == self.here.parent]
        if not before:
            before = [self.piece - 1] if self.piece else []
        return bool(before) and self.go(before[0], len(self.pieces[before[0]].lines))

    def over(self) -> bool:
        """One step on, but a call is one step, and so is a loop whose head is next: to the first step after it."""
        at = self.at
        if at is None:
            return self.forward()
        line = self.line
        if line is not None and line.assembly.split()[:1] in (["bl"], ["blr"]):
            return self._to(lambda x: x == at + 4) or self.forward()
        loop = next((x for x in self.routine.all_loops if x.head == at), None)
        if loop is not None:
            return self._to(lambda x: not loop.head <= x <= loop.end) or self.forward()
        return self.forward()

    def over_back(self) -> bool:
        """The same backwards: to before the call or loop that ended here."""
        at, start = self.at, (self.piece, self.step)
        if not self.back():
            return False
        loop = next(
            (
                x
                for x in self.routine.all_loops
                if at is not None and self.at is not None and x.head <= self.at <= x.end and not x.head <= at <= x.end
            ),
            None,
        )
        while loop is not None and self.at is not None and loop.head <= self.at <= loop.end:
            if not self.back():
                self.piece, self.step = start
                return False
        return True

    def _to(self, wanted: Callable[[int], bool]) -> bool:
        """Forward until at an offset that is wanted; the place stays where none comes."""
        start = (self.piece, self.step)
        seen: set[int] = set()
        while self._descend(seen):
            at = self.line.at if self.line is not None else None
            if at is not None and wanted(at):
                return True
        self.piece, self.step = start
        return False

    def _descend(self, seen: set[int]) -> bool:
        """Forward, at the end of a piece into the first continuation that was not looked into."""
        if self.step < len(self.here.lines):
            return self.go(self.piece, self.step + 1)
        seen.add(self.here.number)
        piece: Piece | None = self.here
        while piece is not None:
            fresh = [x for x in self.children(piece) if x.number not in seen]
            if fresh:
                return self.go(self.pieces.index(fresh[0]))
            piece = next((x for x in self.pieces if piece is not None and x.number == piece.parent), None)
            if piece is not None and self.here.parent is None:
                break
        return False

    def find(self, at: int) -> bool:
        """To the next step at a code offset, from here on and then from the start."""
        places = [(p, k) for p, x in enumerate(self.pieces) for k, line in enumerate(x.lines) if line.at == at]
        after = [x for x in places if x > (self.piece, self.step)]
        return self.go(*(after or places)[0]) if places else False

    # -- asking -------------------------------------------------------------------------------

    def state(self) -> dict[str, str]:
        """Every register and flag before the step (after what a cut claimed there)."""
        now = dict(self.here.start)
        for k, line in enumerate(self.here.lines[: self.step + 1]):
            now |= line.claimed
            if k < self.step:
                now |= line.changed
        return now

    def changed(self) -> set[str]:
        """The registers that the step before the place changed."""
        lines, k = self.here.lines, self.step
        found = set(lines[k].claimed) if k < len(lines) else set()
        return found | (set(lines[k - 1].changed) if k else set())

    def facts(self) -> list[str]:
        """What is known here beyond the preconditions, the latest last."""
        found = list(self.here.facts)
        for line in self.here.lines[: self.step]:
            found += line.facts
        if self.line is None:
            found += self.here.learned
        return list(dict.fromkeys(found))

    def maker(self, register: str) -> str:
        """The instruction that gave a register what it holds, of this piece; empty where it came with it."""
        for line in reversed(self.here.lines[: self.step]):
            if register in line.changed:
                return f"{self.image.symbolize(line.at)}: {line.assembly}"
        return ""

    def obligations(self) -> list[Obligation]:
        """What was asked at this step; at the end of a piece, there."""
        return self.here.ends if self.line is None else self.line.shown

    def title(self, piece: Piece) -> str:
        """One line about a piece."""
        inside = f" in {len(piece.loops)} loop{'s' if len(piece.loops) > 1 else ''}" if piece.loops else ""
        end = piece.end + (f" {self.place(piece.to)}" if piece.to is not None else "")
        opened = f"  ({len(piece.open)} open)" if piece.open else ""
        return f"{piece.number}: {piece.how} {self.place(piece.at)}{inside}, {len(piece.lines)} steps, {end}{opened}"

    def place(self, at: int) -> str:
        """A code offset: by its distance from the routine's start, where it lies after that."""
        away = at - self.routine.entry
        return f"+{away:#x}" if 0 <= away < 1 << 16 else self.image.symbolize(at)


class recorded(Recorder):
    """Looks on as a proof is run, and makes a `Walk` of the first case and of those that are not proved."""

    def __init__(self, routine: Routine, isa: InstructionSet, scopes: Mapping[int, Scope]) -> None:
        """`scopes` has what the proof function calls things, by the id of the proof that it declared."""
        super().__init__(self._over)
        self._scopes = scopes
        self._routine, self._isa = routine, isa
        self.walks: list[Walk] = []

    def _over(self, case: CaseRecord, _result: ProofResult) -> None:
        asked = [o for s in case.segments for o in (*s.ends, *(o for step in s.steps for o in step.shown))]
        if not self.walks or any(o.status is not Status.PROVED for o in (*asked, *case.whole, *case.first)):
            chosen = Chosen(case.p._chosen, case.p._phase)
            self.walks.append(Walk(case.text, list(self._pieces(case)), self._routine.image, self._routine, chosen))
        # Records of a case hold all its terms.
        case.segments = []

    def _pieces(self, case: CaseRecord) -> Iterator[Piece]:
        words = Vocabulary(case)
        self._rename(case, words)
        texts = Texts(words)

        def registers(state: dict[str, Value]) -> dict[str, str]:
            return {name: texts.of(v, _WIDTHS[name]) for name, v in state.items()}

        for s in case.segments:
            loops = tuple((name, head) for name, head, _ in s.loops)
            start, facts = registers(s.start), [texts.fact(f) for f in s.facts]
            piece = Piece(s.number, s.parent, s.how, s.at, loops, start, facts, s.end, s.to, list(s.ends), [])
            for step in s.steps:
                for name, v in step.changed.items():
                    texts.made(v, name, step.at)
                piece.lines.append(self._line(step, texts, registers))
            piece.learned = [texts.fact(f) for f in s.learned]
            yield piece

    def _rename(self, case: CaseRecord, words: Vocabulary) -> None:
        """Lengths by the names of the proof's variables, in which claims are typed, and not as they were declared."""
        scope = self._scopes.get(id(case.p))
        if scope is None:
            return
        for n in case.p.nats:
            same = [t for t, v in scope.paths() if isinstance(v, Bits) and v.value is n.value]
            if same and isinstance(n.value, Term):
                words.names[intern(n.value).id] = min(same, key=scope.rank)

    def _line(self, step: Step, texts: Texts, registers: Callable[[dict[str, Value]], dict[str, str]]) -> Line:
        try:
            assembly = self._isa.decode(self._routine.image.word(step.at)).assembly(step.at)
        except ArmsymError:
            assembly = ""
        stores = []
        for x in step.stores:
            where = f"{x.region.name}[{'' if x.symbolic is None else texts.of(x.symbolic, 64) + ' + '}{x.constant}]"
            stores.append(f"{where} = {texts.of(x.value.value, x.value.width)}")
        return Line(
            step.at,
            assembly,
            registers(step.claimed),
            registers(step.changed),
            stores,
            [texts.fact(f) for f in step.facts],
            list(step.shown),
            step.called,
            step.done,
        )
