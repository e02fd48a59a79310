"""The text of a proof skeleton."""

from __future__ import annotations

import json
import keyword
import re
import textwrap
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from armsym.elf import Image
from armsym.proof.declare import RESERVED
from armsym.skeleton.facts import ARGUMENTS, Argument, Counter, Facts, LoopFacts
from armsym.skeleton.flow import parts
from armsym.skeleton.probe import Guess, Linear
from armsym.symbolic_memory import signed

__all__ = ["Source", "as_dict", "proof_name", "skeleton"]

WIDTH = 120
#: The largest length that the skeleton allows, as the proofs in crypto_examples do.
HIGH = "2**50"


@dataclass(frozen=True)
class Source:
    """What the skeleton says it is about.

    `of` is the file as the proof names it, an expression; `imports` (module, name) if it has to be
    imported; `names` are mnemonics by word.
    """

    file: str
    of: str
    symbol: str
    output: str
    names: Mapping[int, str]
    imports: tuple[str, str] | None = None


def proof_name(symbol: str) -> str:
    """The symbol as a Python name."""
    name = re.sub(r"\W", "_", symbol)
    return f"_{name}" if not name.isidentifier() or keyword.iskeyword(name) else name


def skeleton(facts: Facts, g: Guess, source: Source) -> str:
    """A proof file that runs: what was guessed, and TODO where only a person can go on."""
    return "\n".join(_Writer(facts, g, source).lines()) + "\n"


def as_dict(facts: Facts, g: Guess, source: Source) -> dict[str, Any]:
    """The same as data (docs/json.md)."""
    w = _Writer(facts, g, source)
    flow = facts.flow
    arguments: list[dict[str, Any]] = []
    for a in facts.arguments:
        kind = "pointer" if a.pointer else "length" if a is w.count else "number"
        row: dict[str, Any] = {"register": a.name, "kind": kind}
        if a.pointer:
            row |= {"size": w.linear(w.size(a)), "access": w.access(a)}
        elif a is w.count:
            row |= {"unit": g.unit}
        arguments.append(row)
    loops: list[dict[str, Any]] = []
    for x in facts.loops:
        changes = {c.name: w.step(x, c) for c in x.changes}
        upto = w.upto(g.trips[x.head])[0] if x.head in g.trips else None
        vectors = [n for n in range(32) if x.vectors >> n & 1]
        loops.append({"head": x.head, "end": x.end, "changes": changes, "vectors": vectors, "upto": upto})
    return {
        "arguments": arguments,
        "loops": loops,
        "stack": facts.depth,
        "saved": [*(f"x{n}" for n in facts.saved_x), *(f"d{n}" for n in facts.saved_d)],
        "globals": sorted({x.name for x in facts.globals}),
        "calls": [{"address": at, "target": c.target, "followed": c.followed} for at, c in sorted(flow.calls.items())],
        "unmodelled": [
            {"address": at, "word": f"{word:#010x}", "mnemonic": source.names.get(word, "")}
            for at, word in sorted(flow.unmodelled.items())
        ],
    }


def spans(places: list[int] | tuple[int, ...]) -> str:
    """`0-3, 7` for register numbers."""
    out: list[list[int]] = []
    for k in sorted(places):
        if out and out[-1][1] == k - 1:
            out[-1][1] = k
        else:
            out.append([k, k])
    return ", ".join(str(a) if a == b else f"{a}-{b}" for a, b in out)


class _Writer:
    def __init__(self, facts: Facts, g: Guess, source: Source) -> None:
        self.facts, self.guess, self.source = facts, g, source
        self.routine = facts.flow.routine
        self.image: Image = self.routine.image
        self.arguments = [a for a in facts.arguments if a.n in ARGUMENTS]
        self.beside = [a for a in facts.arguments if a.n not in ARGUMENTS]
        count = facts.argument(g.count) if g.count is not None else None
        self.count: Argument | None = count

    # -- words ----------------------------------------------------------------------------------

    def place(self, offset: int) -> str:
        """`+0x40`, from the routine's start, or the name of other code."""
        name = self.image.symbolize(offset)
        start, size = self.image.function_extent(self.source.symbol)
        return f"+{offset - start:#x}" if start <= offset < start + size else name

    def region(self, a: Argument) -> str:
        return f"buf{a.n}"

    def value(self, a: Argument) -> str:
        """What `p.call` passes."""
        if a.pointer:
            low = self.low(a)
            return self.region(a) if low == 0 else f"{self.region(a)}.base + {-low}"
        if a is self.count:
            text = "n" if self.guess.unit == 1 else f"{self.guess.unit} * n"
            return text if a.name[0] == "x" else f"({text})[31:0]"
        return str(self.guess.fixed[a.n]) if a.n in self.guess.fixed else f"arg{a.n}"

    def low(self, a: Argument) -> int:
        """The lowest byte accessed, from where the pointer points; 0 or less."""
        seen = self.guess.extents.get(a.n)
        return min([0, seen.low if seen else 0, *(low for low, _, _ in a.fixed)])

    def size(self, a: Argument) -> Linear:
        fixed = max((high for _, high, _ in a.fixed), default=0) - self.low(a)
        seen = self.guess.sizes.get(a.n, Linear(0, 0))
        if seen.per == 0:
            return Linear(0, max(seen.plus, fixed, 1), seen.exact)
        return seen

    def linear(self, f: Linear, n: str = "n") -> str:
        text = n if f.per == 1 else f"{f.per} * {n}"
        if f.per == 0:
            return str(f.plus)
        return text if f.plus == 0 else f"{text} {'+' if f.plus > 0 else '-'} {abs(f.plus)}"

    def access(self, a: Argument) -> str:
        seen = self.guess.extents.get(a.n)
        read = False in a.varying or any(not store for *_, store in a.fixed) or bool(seen and seen.read)
        write = True in a.varying or any(store for *_, store in a.fixed) or bool(seen and seen.write)
        return "r" * read + "w" * write or "r"

    # -- the file ---------------------------------------------------------------------------------

    def lines(self) -> Iterator[str]:
        body = list(self.body())
        used = {"Proof", "proof", *(("Claims", "State", "Bits") if any("@p.invariant" in x for x in body) else ())}
        used |= {"Claims", "State"} if any("@p.ensures" in x for x in body) else set()
        yield from self.docstring()
        yield ""
        yield "from __future__ import annotations"
        yield ""
        yield f"from armsym.dsl import {', '.join(sorted(used, key=lambda w: (w.islower(), w)))}"
        if self.source.imports is not None:
            yield f"from {self.source.imports[0]} import {self.source.imports[1]}"
        yield ""
        yield ""
        yield f"@proof({json.dumps(self.source.symbol)}, of={self.source.of})"
        yield f"def {proof_name(self.source.symbol)}(p: Proof) -> None:"
        yield from ("    " + x if x else x for x in body)

    def docstring(self) -> Iterator[str]:
        s = self.source
        start, size = self.image.function_extent(s.symbol)
        yield f'"""Skeleton of a proof of {s.symbol}, written by `armsym new`.'
        yield ""
        yield from textwrap.wrap(
            "Names, sizes, roles and bounds were guessed from the code and from runs on small numbers. It runs as it "
            "is, and says nothing of what the routine computes before you do, in `ensures`. TODO marks what to decide.",
            WIDTH - 10,
        )
        yield ""
        yield f"    armsym prove {_word(s.output)} -v"
        yield f"    armsym disasm {_word(s.file)} {_word(s.symbol)}"
        yield ""
        reached = len({at for _, at in self.facts.flow.steps})
        yield f"{size} bytes at {start:#x}; {reached} instructions are reached, those of routines called included."
        yield '"""'

    def body(self) -> Iterator[str]:
        parts_ = [self.warnings(), self.inputs(), self.memory(), *map(self.loop, self.facts.loops), self.promise()]
        # One blank line between those that say something.
        between: list[str] = []
        for part in parts_:
            text = list(part)
            if text:
                yield from (*between, *text)
                between = [""]

    def comment(self, text: str) -> Iterator[str]:
        for k, line in enumerate(textwrap.wrap(text, WIDTH - 12)):
            yield f"# {'  ' if k else ''}{line}"

    def warnings(self) -> Iterator[str]:
        flow = self.facts.flow
        for at, word in sorted(flow.unmodelled.items()):
            name = self.source.names.get(word, "")
            yield from self.comment(
                f"NOT MODELLED: {word:#010x} {name} at {at:#x} ({self.place(at)}). No proof gets past it before "
                "semantics/ has it (armsym docs extending)."
            )
        for at, call in sorted(flow.calls.items()):
            if not call.followed:
                yield from self.comment(
                    f"Calls {call.target} at {at:#x} ({self.place(at)}), which was not followed: what it needs is "
                    "missing below."
                )
        inside = sorted({c.target for c in flow.calls.values() if c.followed})
        if inside:
            yield from self.comment(f"Calls {', '.join(inside)}: followed, and proved with it.")
        for at, why in sorted(flow.stops.items()):
            yield from self.comment(f"Not followed beyond {at:#x} ({self.place(at)}): {why}.")
        if not flow.complete:
            yield "# The routine was too large to be followed to the end: what is below covers only part of it."
        if self.facts.unknown_accesses:
            places = ", ".join(self.place(at) for at in self.facts.unknown_accesses[:6])
            yield from self.comment(
                f"TODO Memory is accessed through a pointer that was itself loaded or computed, at {places}: "
                "declare its region, and say where the pointer stands with p.given."
            )

    # -- arguments --------------------------------------------------------------------------------

    def inputs(self) -> Iterator[str]:
        g, facts = self.guess, self.facts
        if self.count is not None:
            what = "the length" if g.unit == 1 else f"the length in units of {g.unit}"
            yield from self.comment(
                f"{self.count.name}: {what}, by which {self.grows()} grow{'s' if self.grows().find(',') < 0 else ''}. "
                "TODO its name and bounds."
            )
            high = HIGH if self.count.name[0] == "x" else f"2**31 // {g.unit}"
            yield f'n = p.nat("n", low={g.low}, high={high})'
        for a in self.arguments:
            if a.pointer:
                yield from self.declare_region(a)
            elif a is not self.count and a.n not in g.fixed:
                role = "a branch or an address depends on it" if a.decides else "data"
                public = ", public=True" if a.decides else ""
                yield f"# {a.name}: a number; {role}. TODO its name{', and which values are valid' * a.decides}."
                yield f'arg{a.n} = p.word("arg{a.n}"{", 32" * (a.name[0] == "w")}{public})'
            elif a.n in g.fixed:
                yield from self.comment(
                    f"{a.name}: a number; only with {g.fixed[a.n]} did the sizes here hold. TODO declare it, say which "
                    "values are valid, and correct the sizes."
                )
        if self.arguments:
            yield f"p.call({', '.join(f'{a.name}={self.value(a)}' for a in self.arguments)})"
        else:
            yield "p.call()  # no register is read before it is written"
        if self.beside:
            names = ", ".join(a.name for a in self.beside)
            yield from self.comment(
                f"Also read before written on some path: {names}. No argument by the ABI: an internal routine "
                "takes them in p.call too; else the path never happens."
            )
        if facts.stack_arguments:
            yield from self.comment(
                f"TODO {facts.stack_arguments} bytes at SP and above are accessed: arguments on the stack, which "
                "the DSL cannot declare yet."
            )

    def grows(self) -> str:
        return ", ".join(self.region(a) for a in self.arguments if a.pointer and self.size(a).per) or "memory"

    def declare_region(self, a: Argument) -> Iterator[str]:
        size, access = self.size(a), self.access(a)
        seen = self.guess.extents.get(a.n)
        notes = []
        if seen is None and not a.fixed:
            notes.append("TODO its size: no run came to use it")
        elif not size.exact:
            notes.append("TODO its size: this is only an upper bound of what runs used")
        elif a.varying and not size.per:
            notes.append("TODO its size: accessed at distances that vary, as far as this in runs")
        low = self.low(a)
        if low:
            notes.append(f"begins {-low} bytes before where {a.name} points")
        kinds = {"r": "read", "w": "written", "rw": "read and written"}
        head = f"{a.name}: a pointer to {self.linear(size)} bytes, {kinds[access]}"
        yield from self.comment("; ".join([head, *notes]) + ".")
        grain = seen.grain if seen else 8
        cell = next(c for c in (8, 4, 2, 1) if grain % c == 0)
        cells = f", cell={cell}" if cell != 8 else ""
        name = self.region(a)
        yield f'{name} = p.region("{name}", {self.linear(size)}, access="{access}"{cells})'

    # -- globals, tables, stack ------------------------------------------------------------------

    def memory(self) -> Iterator[str]:
        facts, g = self.facts, self.guess
        for place in sorted({(x.offset, x.name) for x in facts.globals}):
            found = [x for x in facts.globals if x.offset == place[0]]
            size, name = max(x.size for x in found), place[1]
            declarable = name.isidentifier() and name not in RESERVED and name in self.image.symbols
            if any(x.store for x in found):
                yield from self.comment(f"TODO Writes {size} bytes of data at {name}: the DSL cannot declare that yet.")
            elif not declarable or size not in (1, 2, 4, 8):
                yield from self.comment(f"TODO Reads {size} bytes of writable data at {name}: no symbol begins there.")
            else:
                yield f'p.global_("{name}", {8 * size})  # read; any value'
        for low, high in g.tables:
            yield from self.comment(
                f"Reads {high - low} bytes of constants at {low:#x} ({self.image.symbolize(low)}). To speak of their "
                "address: p.rodata(the words)."
            )
        written = [self.region(a) for a in self.arguments if a.pointer and "w" in self.access(a)]
        stack = []
        if facts.depth:
            stack = [f"p.stack({facts.depth})"]
            if facts.dynamic_stack:
                yield from self.comment("TODO SP is moved by an amount that only a run can tell: the depth is a guess.")
                stack = [f"p.stack({max(facts.depth, -(-g.stack // 16) * 16)})"]
        saved = [f"x{spans(facts.saved_x)}"] * bool(facts.saved_x) + [f"d{spans(facts.saved_d)}"] * bool(facts.saved_d)
        if saved:
            yield from self.comment(f"Callee-saved registers used: {', '.join(saved)}.")
        if written or stack:
            yield f"p.modifies({', '.join([*written, *stack])})"

    # -- loops ----------------------------------------------------------------------------------

    def loop(self, loop: LoopFacts) -> Iterator[str]:
        trips = self.guess.trips
        where = f"{self.place(loop.head)} to {self.place(loop.end)}"
        yield from self.comment(f"Loop {where}: {self.changes(loop)}.")
        for n, at, size in sorted(loop.loads, key=str):
            if n is not None:
                yield from self.comment(
                    f"TODO It ends by the {size} bytes at x{n} + {at}: if their value is known, say so with "
                    f"p.given(buf{n}, {at}, ...)."
                )
            else:
                yield from self.comment(f"TODO It ends by {size} bytes that were loaded.")
        if loop.head not in trips:
            rounds = self.guess.rounds.get(loop.head)
            if rounds is None:
                yield "# TODO No run came to it. It needs an invariant unless its rounds are few."
            elif loop.arguments and self.count is None:
                which = ", ".join(f"x{n}" for n in sorted(loop.arguments))
                yield f"# TODO How often it runs depends on {which}: it needs @p.invariant(..., upto=...)."
            else:
                yield f"# In all runs {_count(rounds, 'round')}: followed one by one, without an invariant."
            return
        fitted = trips[loop.head]
        upto, inclusive = self.upto(fitted)
        if fitted is None:
            yield "# TODO how often it runs: `upto` is only an upper bound."
        inclusively = ", inclusive=True" if inclusive else ""
        yield f"@p.invariant({self.handle(loop)}, upto={upto}{inclusively})"
        yield "def _(s: State, i: Bits) -> Claims:"
        yield "    return {"
        claim = self.counts(loop, fitted)
        if claim:
            yield f"        {claim},"
        yield '        "TODO what the registers hold at the i-th arrival, i = 0, 1, ...": True,'
        yield "    }"

    def upto(self, fitted: Linear | None) -> tuple[str, bool]:
        if fitted is None:
            return "n", self.guess.low == 0
        if fitted.plus == 1:
            return self.linear(Linear(fitted.per, 0)), True
        return self.linear(fitted), False

    def handle(self, loop: LoopFacts) -> str:
        """An expression for the loop that holds in another build too."""
        r = self.routine
        outer, every = [x.head for x in r.loops()], [x.head for x in r.all_loops]
        if outer == [loop.head]:
            return "p.routine.back_edge()"
        if loop.head in outer:
            return f"p.routine.loops()[{outer.index(loop.head)}]"
        if loop.head in every:
            return f"p.routine.all_loops[{every.index(loop.head)}]"
        name, _, distance = self.image.symbolize(loop.head).partition("+")
        if name in self.image.symbols:
            return f'p.image.symbol("{name}").offset + {distance or "0"}'
        return f"{loop.head:#x}"

    def step(self, loop: LoopFacts, c: Counter) -> int | None:
        """By how much a location changes each time: as the code shows, else as all runs did."""
        if c.step is not None or c.where[0] != "x":
            return c.step
        # Data that was zero stays zero: that says nothing.
        seen = self.guess.steps.get((loop.head, c.where[1]), set())
        return next(iter(seen)) if len(seen) == 1 and 0 < abs(next(iter(seen))) < 1 << 16 else None

    def changes(self, loop: LoopFacts) -> str:
        by, other = [], []
        for c in loop.changes:
            step = self.step(loop, c)
            if step is not None:
                by.append(f"{c.name} {'+' if step >= 0 else '-'}= {abs(step)}")
            elif c.where[0] == "x":
                other.append(c.where[1])
            else:
                by.append(f"{c.name} changes")
        if other:
            by.append(f"x{spans(other)} change{'s' if len(other) == 1 else ''}")
        vectors = [n for n in range(32) if loop.vectors >> n & 1]
        if vectors:
            by.append(f"v{spans(vectors)} {'is' if len(vectors) == 1 else 'are'} written")
        if loop.restored:
            by.append(f"x{spans(loop.restored)} {'is' if len(loop.restored) == 1 else 'are'} written and restored")
        return ", ".join(by) or "changes no register"

    def counts(self, loop: LoopFacts, fitted: Linear | None) -> str:
        """A claim on the register that counts the length, as an example."""
        count, g = self.count, self.guess
        if fitted is None or fitted.per != 1 or count is None or count.name[0] == "w":
            return ""
        entry = self.facts.flow.entry[count.n]
        for c in loop.changes:
            step, first = self.step(loop, c), c.first
            if c.where[0] != "x" or step is None or first is None or c.where[1] == 31:
                continue
            terms, const = parts(first)
            if step and terms == {entry: 1}:
                start = self.linear(Linear(g.unit, signed(const)))
                by = "i" if abs(step) == 1 else f"{abs(step)} * i"
                verb = "counts down" if step < 0 else "counts up"
                return f'"x{c.where[1]} {verb}": s.x{c.where[1]} == {start} {"-" if step < 0 else "+"} {by}'
        return ""

    # -- what is claimed --------------------------------------------------------------------------

    def promise(self) -> Iterator[str]:
        value = self.facts.returns
        written = [a for a in self.arguments if a.pointer and "w" in self.access(a)]
        yield "# TODO State what the routine computes: write its standard in specs/ (armsym docs extending), compare:"
        if written:
            a = written[0]
            fixed = not self.size(a).per
            content = "words(64, at=s) == ..." if fixed else "holds(lambda j: ..., upto=n, at=s, words=16, width=8)"
            yield f'#     "result": {self.region(a)}.{content}'
        else:
            yield '#     "result": s.x0 == ...'
        if value is None:
            yield "# NOTHING IS CLAIMED YET: the claim below is true of any code."
        yield "@p.ensures"
        yield "def _(s: State) -> Claims:"
        if value is not None:
            yield f'    return {{"returns {value:#x}": s.w0 == {value:#x}}}  # TODO only the return value so far'
        else:
            yield '    return {"TODO nothing is claimed of the result yet": True}'


def _count(n: int, what: str) -> str:
    return f"{n} {what}{'' if n == 1 else 's'}"


def _word(text: str) -> str:
    return text if re.fullmatch(r"[\w./@+:=-]+", text) else "'" + text + "'"
