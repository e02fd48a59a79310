"""From a proof that was run and watched to what is shown of it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from html import escape
from itertools import islice

from armsym.bits import Bits
from armsym.elf import Image
from armsym.errors import ArmsymError
from armsym.isa import InstructionSet
from armsym.proof.entry import EntryState
from armsym.proof.loops import Routine
from armsym.proof.result import ProofResult
from armsym.proof.trace import trace
from armsym.stepper import Stepper
from armsym.view.encoded import Encoder
from armsym.view.graph import Block, blocks_of
from armsym.view.page import Run, Seen, departs, page
from armsym.view.sources import Note, notes_of, sources_of

__all__ = ["View", "seen_of"]

#: Steps of a run on numbers that a page has: of a longer run the first ones.
STEPS = 6000


@dataclass(frozen=True)
class View:
    """A page that shows a proof; in a notebook it shows itself."""

    title: str
    html: str

    def _repr_html_(self) -> str:
        # A frame of its own: the page's style and program leave the notebook alone, and the other way round.
        return (
            f'<iframe title="{escape(self.title, quote=True)}" srcdoc="{escape(self.html, quote=True)}"'
            ' sandbox="allow-scripts" style="width: 100%; height: 52rem; border: 0"></iframe>'
        )


def view_of(seen: Seen) -> View:
    """The page of what was seen."""
    return View(f"{seen.result.proof}: {seen.result.status.value}", page(seen))


def seen_of(result: ProofResult, image: Image, isa: InstructionSet, encoder: Encoder, file: str, source: str) -> Seen:
    """What is shown of a proof whose run `encoder` looked at; `file` is its Python file, `source` its place there.

    Raises `InputError` where the image has no such routine.
    """
    routine = Routine(image, isa, result.symbol)
    notes = notes_of(encoder.last.p) if encoder.last is not None else []
    flow = {at: list(to) for at, to in routine.successors.items()}
    calls: dict[int, list[int]] = {}
    code: dict[int, tuple[int | None, str, str]] = {}
    for at in sorted({*flow, *encoder.flow}):
        code[at] = _instruction(image, isa, at)
        went, text = encoder.flow.get(at, set()), code[at][1]
        if text.startswith(("bl ", "blr")):
            flow[at] = [at + 4]
            calls[at] = sorted(t for t in went if t != at + 4)
        elif at not in flow:
            flow[at] = [] if text.startswith("ret") else sorted(went)
    blocks = blocks_of(routine.entry, flow, calls)
    _describe(blocks, notes, encoder, image)
    listing = [(at, *what) for at, what in code.items()]
    return Seen(
        result,
        routine.entry,
        listing,
        blocks,
        notes,
        sources_of(file, notes),
        encoder.strings.list,
        encoder.cases,
        list(_runs(result, image, isa, routine.entry)),
        source,
    )


def _instruction(image: Image, isa: InstructionSet, at: int) -> tuple[int | None, str, str]:
    """Its word, its assembly, and the name of its place."""
    try:
        word = image.word(at)
    except ArmsymError:
        return None, "not code that can be read", f"{at:#x}"
    try:
        text = isa.decode(word).assembly(at)
    except ArmsymError:
        text = f".word {word:#010x}  ; not modelled"
    return word, text, image.symbolize(at)


def _describe(blocks: Sequence[Block], notes: Sequence[Note], encoder: Encoder, image: Image) -> None:
    """What the picture says of each block: its name, what the proof says there, and what was shown."""
    shown: dict[int, list[str]] = {}
    for case in encoder.cases:
        for s in case["segments"]:
            last = s["steps"][-1]["a"] if s["steps"] else s["at"]
            for step in s["steps"]:
                shown.setdefault(step["a"], []).extend(o[2] for o in step.get("o", ()))
            shown.setdefault(last, []).extend(o[2] for o in s["o"])
    for b in blocks:
        code = set(b.code)
        name = image.symbolize(b.start)
        stem, plus, rest = name.partition("+")
        b.title = f"+{rest}" if plus else stem
        n = len(b.code)
        b.lines.append((f"{n} instruction{'s' * (n != 1)}", ""))
        for note in notes:
            if note.at in code and note.kind != "ensures":
                text = note.name.replace(f" at {image.symbolize(note.at)}", "")
                b.lines.append((f"loop: {text}" if note.kind == "invariant" else text, "claim"))
        states = [status for at in code for status in shown.get(at, ())]
        good = states.count("proved")
        if good:
            b.lines.append((f"{good} shown", "good"))
        for status, kind in (("undecided", "open"), ("error", "bad"), ("refuted", "bad")):
            if status in states:
                b.lines.append((f"{states.count(status)} {status}", kind))
        loop = any(note.at == b.start and note.kind == "invariant" for note in notes)
        never = bool(encoder.cases) and not code & encoder.flow.keys()
        b.kind = "never" if never else "loop" if loop else ""
        if never:
            b.lines.append(("no path comes here", ""))


def _runs(result: ProofResult, image: Image, isa: InstructionSet, entry: int) -> Iterator[Run]:
    """The counterexample, step by step; of a leak both runs."""
    c = result.counterexample
    if c is None:
        return
    both = c.other_entry is not None
    for state, title in ((c.entry, "The counterexample"), (c.other_entry, "The other run, with other secrets")):
        if state is not None:
            run = _run(state, image, isa, entry, "One run" if both and state is c.entry else title)
            if c.departure is not None and state is c.entry:
                run = replace(run, departs=(c.departure.number - 1, departs(c.departure)))
            yield run


def _run(state: EntryState, image: Image, isa: InstructionSet, entry: int, title: str) -> Run:
    machine, _ = state.machine(image, entry)
    stepper = Stepper(isa, image, Bits(64, state.base), Bits(64, state.x[30]))
    steps = list(islice(trace(machine, stepper, entry), STEPS + 1))
    note = f"Of this run the first {STEPS} instructions are shown." if len(steps) > STEPS else ""
    start = {f"x{n}": f"{r:#x}" for n, r in enumerate(state.x)}
    start |= {"sp": f"{state.sp:#x}", "nzcv": f"{state.nzcv:04b}"}
    start |= {f"v{n}": f"{r:#x}" for n, r in enumerate(state.v)}
    return Run(title, start, steps[:STEPS], note)
