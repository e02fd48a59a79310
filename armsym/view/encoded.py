"""Recorded cases as plain lists of text, in the form that a page reads; each text stands once in a table of strings.

A segment is a mapping: `n` its number, `p` its parent, `how`, `at`, `loops` (name, head, index), `f` facts that are
new, `s` registers (all, or for a branch those other than at the parent's end), `m` memory, `k` what lies under it,
`steps`, `end`, `to`, `o` obligations at its end, `l` what was learned at its end.

A step has its offset `a` and, where there is any, `c` what claims changed, `x` what it changed, `m` stores, `f` facts,
`o` obligations, `k`, `call`, and `no` where the path stopped.  Registers are pairs, flat, of a place in
`REGISTERS + FLAGS` and one in the table.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from armsym.bits import Bits
from armsym.proof.result import Obligation, ProofResult
from armsym.symbolic_memory import Filled
from armsym.terms.node import Term, Value
from armsym.view.recording import FLAGS, REGISTERS, CaseRecord, Kept, Segment, Step, Store
from armsym.view.texts import Texts
from armsym.view.vocabulary import Vocabulary

__all__ = ["Encoder", "Strings", "width_of"]

_PLACE = {name: k for k, name in enumerate((*REGISTERS, *FLAGS))}

#: A table of strings of more characters than this takes no more long texts: the page stays quick to open.
ROOM = 1_500_000


def width_of(register: str) -> int:
    """The bits of a register or flag by its name."""
    return 1 if register in FLAGS else 128 if register[0] == "v" else 64


class Strings:
    """Each text once, at its place in `list`; a value called after its instruction is a pair of that and its text."""

    def __init__(self) -> None:
        self.list: list[str | tuple[str, str]] = []
        self._places: dict[str | tuple[str, str], int] = {}
        self._size = 0

    def __call__(self, text: str | tuple[str, str]) -> int:
        """The place of a text."""
        found = self._places.get(text)
        if found is None:
            if isinstance(text, tuple) and self._size > ROOM:
                return self(text[0])
            found = self._places[text] = len(self.list)
            self.list.append(text)
            self._size += len(text) if isinstance(text, str) else len(text[1])
        return found


class Encoder:
    """Looks at each case as it ends, and keeps it as text."""

    def __init__(self) -> None:
        self.strings = Strings()
        self.cases: list[dict[str, Any]] = []
        #: Offsets of all instructions that were executed, and where each went.
        self.flow: dict[int, set[int]] = {}
        self.last: CaseRecord | None = None

    def __call__(self, case: CaseRecord, result: ProofResult) -> None:
        """The end of a case; see `Recorder`."""
        self.last = case
        words = Vocabulary(case)
        texts: dict[int | None, Texts] = {}
        ends: dict[int, Mapping[str, Value]] = {}
        segments = []
        for s in case.segments:  # a parent comes before its children
            texts[s.number] = Texts(words, texts.get(s.parent))
            segments.append(self._segment(s, texts[s.number], ends))
        for s in case.segments:
            way = [x.at for x in s.steps]
            following = [c.at for c in case.children(s.number) if c.how == "branch"]
            for k, at in enumerate(way):
                to = self.flow.setdefault(at, set())
                to |= set(way[k + 1 : k + 2] or [*following, *([] if s.to is None else [s.to])])
        self.cases.append(
            {"text": case.text, "segments": segments, "o": self._shown(case.first), "whole": self._shown(case.whole)}
        )

    # -- parts --------------------------------------------------------------------------------

    def _segment(self, s: Segment, texts: Texts, ends: dict[int, Mapping[str, Value]]) -> dict[str, Any]:
        before = ends.get(s.parent, {}) if s.how == "branch" and s.parent is not None else {}
        start = {k: v for k, v in s.start.items() if k not in before or (before[k] is not v and before[k] != v)}
        found: dict[str, Any] = {
            "n": s.number,
            "p": s.parent,
            "how": s.how,
            "at": s.at,
            "loops": [[name, head, texts.words.number(i.value)] for name, head, i in s.loops],
            "f": self._facts(s.facts, texts),
            "s": self._registers(start, texts, None),
            "m": [self._store(x, texts) for x in s.held],
            "k": [self._kept(k, texts) for k in s.kept],
            "steps": [self._step(x, texts) for x in s.steps],
            "end": s.end,
            "to": s.to,
            "o": self._shown(s.ends),
            "l": self._facts(s.learned, texts),
        }
        *_, last = s.states()
        ends[s.number] = last
        return found

    def _step(self, s: Step, texts: Texts) -> dict[str, Any]:
        found: dict[str, Any] = {"a": s.at}
        parts: dict[str, list[Any]] = {
            "c": self._registers(s.claimed, texts, s.at),
            "x": self._registers(s.changed, texts, s.at),
            "m": [self._store(x, texts) for x in s.stores],
            "f": self._facts(s.facts, texts),
            "o": self._shown(s.shown),
            "k": [self._kept(k, texts) for k in s.kept],
        }
        found |= {k: v for k, v in parts.items() if v}
        if s.called:
            found["call"] = s.called
        if not s.done:
            found["no"] = 1
        return found

    def _registers(self, values: Mapping[str, Value], texts: Texts, at: int | None) -> list[int]:
        flat: list[int] = []
        for name, v in values.items():
            text = texts.of(v, width_of(name))
            if at is not None:
                texts.made(v, name, at)
            flat += [_PLACE[name], self.strings(self._pair(v, text, texts))]
        return flat

    def _pair(self, v: Value, text: str, texts: Texts) -> str | tuple[str, str]:
        called = texts.called(v) if isinstance(v, Term) and len(text) > 40 else ""
        return (called, text) if called else text

    def _facts(self, facts: Sequence[Value], texts: Texts) -> list[int]:
        said = dict.fromkeys(texts.fact(f) for f in facts if not isinstance(f, int))
        return [self.strings(text) for text in said]

    def _store(self, s: Store, texts: Texts) -> list[int]:
        offset = Bits(64, s.symbolic if s.symbolic is not None else 0) + Bits.wrap(64, s.constant)
        where = texts.words.number(offset.value)
        size = s.value.width // 8
        text = texts.of(s.value.value, s.value.width)
        place = self.strings(f"{s.region.name}[{where}:+{size}]")
        return [place, self.strings(self._pair(s.value.value, text, texts))]

    def _kept(self, k: Kept, texts: Texts) -> list[int]:
        region = k.region
        if isinstance(k.content, Filled):
            upto = texts.words.number(k.content.upto.value)
            text = f"block j is {texts.words_of(k.content.words)} for all j < {upto}"
            if k.content.tail:
                text += f", then the first {texts.words.number(k.content.after.value)} bytes of a tail"
        else:
            text = "anything, but for what is stored below"
        return [self.strings(region), self.strings(text)]

    def _shown(self, obligations: Sequence[Obligation]) -> list[list[Any]]:
        """[kind, name, status, by, how many] of instances in a row."""
        found: dict[tuple[str, str], list[Any]] = {}
        for o in obligations:
            row = found.setdefault((o.kind, o.name), [o.kind, self.strings(o.name), o.status.value, "", 0])
            row[4] += 1
            if o.status.value != "proved":
                row[2] = o.status.value
            by = self.strings(", ".join(o.by))
            row[3] = by if row[3] == "" else row[3]
        return list(found.values())
