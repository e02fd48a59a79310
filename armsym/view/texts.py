"""Values as short text in a proof's own names.

What has a name is called by it; a rotation, a byte reversal, a part of a word is said as such; a vector is the words in
its lanes, the least significant first.  A value that an instruction made and that has no shorter text is called after
it, `x5@1c4`, wherever else it occurs.  Text is for people and may leave out ("..."): nothing is decided by it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from armsym.bits import Bits
from armsym.terms.kinds import KINDS
from armsym.terms.linear import linear_view
from armsym.terms.node import App, Op, Poly, Sum, Term, Value, Var, intern, ones
from armsym.view.pieces import pieces, reversed_bytes
from armsym.view.vocabulary import Vocabulary

__all__ = ["Texts"]

#: Pieces in a row that are written out, and how deep a value without a name is written out.
PIECES, DEPTH = 7, 4
#: A text of more characters is cut.
LONGEST = 260
#: A value whose text is longer than this is called after the instruction that made it.
SHORT = 28
#: A sum of more summands may be said as one that was made lately, of at least so many, and the rest.
FEW, RECENT = 3, 64

_WORD = re.compile(r"(?P<stem>.*\[)(?P<k>\d+)\]")
_OPPOSITE = {"==": "!=", "<": ">=", "<s": ">=s"}
_TURNED = {"<": ">", ">=": "<=", "<s": ">s", ">=s": "<=s"}


class Texts:
    """Texts of the values of one case."""

    def __init__(self, words: Vocabulary, before: Texts | None = None) -> None:
        """`before` are those of the path so far: what was made on other paths is not called after them."""
        self.words = words
        #: What instructions made, by the id of the term.
        self._made: dict[int, str] = {} if before is None else dict(before._made)
        #: How often each such name was wanted: an instruction that is met again makes other values.
        self._times: dict[str, int] = {} if before is None else dict(before._times)
        #: Sums and polynomials that were made last, with their names, by kind and width: a larger one may contain one.
        self._recent: dict[tuple[type, int], list[tuple[Term, str]]] = {}
        if before is not None:
            self._recent = {k: v[:] for k, v in before._recent.items()}
        self._known: dict[tuple[int, int], str] = {}

    def made(self, v: Value, register: str, at: int) -> None:
        """Note that an instruction at an offset was the first to make a value, which may be called after it."""
        if isinstance(v, Term):
            t = intern(v)
            if t.id not in self.words.names and not isinstance(t, (Var, App)) and t.id not in self._made:
                self._call(t, f"{register}@{at:x}")
                if t.width == 64 and _narrow(t) is not t:
                    self._call(_narrow(t), f"w{register[1:]}@{at:x}")
                for lane, letter in ((64, "d"), (32, "s")) if t.width == 128 and _parted(t, 64) else ():
                    if lane == 64 or _parted(t, lane):
                        for k in range(128 // lane):
                            part = _lane(t, lane, k)
                            if isinstance(part, Term) and not self._plain(part):
                                self._call(intern(part), f"{register}.{letter}[{k}]@{at:x}")

    def _call(self, t: Term, name: str) -> None:
        if t.id not in self._made:
            n = self._times[name] = self._times.get(name, 0) + 1
            self._made[t.id] = name = name if n == 1 else f"{name}#{n}"
            if isinstance(t, (Sum, Poly)):
                alike = self._recent.setdefault((type(t), t.width), [])
                alike.append((t, name))
                del alike[:-RECENT]

    def called(self, t: Term) -> str:
        """What a value is called after the instruction that made it; empty if nothing."""
        return self._made.get(intern(t).id, "")

    def of(self, v: Value, width: int) -> str:
        """A register's or a cell's content."""
        if isinstance(v, int):
            return _number(v, width)
        t = intern(v)
        return _cut(self._vector(t) if width == 128 else self._written(t, DEPTH))

    def words_of(self, words: Sequence[Bits]) -> str:
        """Words in a row, the first one first."""
        return _cut(_list([self._value(w.value, w.width, 3) for w in words]))

    def fact(self, v: Value) -> str:
        """A one-bit value that is 1, as a sentence: n - i != 1."""
        if isinstance(v, int):
            return "true" if v else "false"
        t = intern(v)
        if isinstance(t, Poly) and t.const == 1 and len(t.entries) == 1:
            ((m, _),) = t.entries.items()
            if len(m.factors) == 1 and isinstance(m.factors[0][0], Op) and m.factors[0][1] == 0:
                return _cut(self._compared(m.factors[0][0], opposite=True))
        if isinstance(t, Op):
            return _cut(self._compared(t, opposite=False))
        return _cut(self._written(t, DEPTH))

    # -- parts --------------------------------------------------------------------------------

    def _compared(self, t: Op, *, opposite: bool) -> str:
        sign = {"eq": "==", "ult": "<", "slt": "<s"}.get(t.kind)
        if sign is None:
            return f"not {self._inner(t, DEPTH)}" if opposite else self._written(t, DEPTH)
        a, b = (self._value(x, t.arg_width, DEPTH) for x in t.args)
        sign = _OPPOSITE[sign] if opposite else sign
        if isinstance(t.args[0], int):
            a, b, sign = b, a, _TURNED.get(sign, sign)
        return f"{a} {sign} {b}"

    def _value(self, v: Value, width: int, depth: int) -> str:
        return _number(v, width) if isinstance(v, int) else self._inner(intern(v), depth)

    def _inner(self, t: Term, depth: int) -> str:
        """A part of a larger text: by a name if there is one, and it is shorter."""
        name = self.words.names.get(t.id)
        if name is not None:
            return name
        if isinstance(t, (Var, App)):
            return self._written(t, depth)
        made = self._made.get(t.id)
        if depth <= 0:
            return made or "..."
        text = self._written(t, depth - 1)
        if made is not None and len(text) > SHORT:
            return made
        return text if _one(text) else f"({text})"

    def _written(self, t: Term, depth: int) -> str:
        known = self._known.get((t.id, depth))
        if known is None:
            known = self._known[t.id, depth] = self._write(t, depth)
        return known

    def _write(self, t: Term, depth: int) -> str:
        name = self.words.names.get(t.id)
        if name is not None:
            return name
        if isinstance(t, Var):
            return self._variable(t)
        if isinstance(t, App):
            return self._applied(t, depth)
        if isinstance(t, Op):
            return self._operation(t, depth)
        if isinstance(t, Sum):
            return self._sum(t, depth)
        assert isinstance(t, Poly)
        return self._poly(t, depth)

    def _variable(self, t: Var) -> str:
        if t.name.startswith(("image", "page")):
            return f"&{t.name[t.name.index('[') + 1 : -1]}" if t.name.endswith("]") else self._image(0)
        name = self.words.variable(t)
        return f"any {name}" if re.fullmatch(r"([xv]\d+|[NZCV]|sp)('*|#\d+)", name) else name

    def _applied(self, t: App, depth: int) -> str:
        if t.name.endswith("[]") and len(t.args) == 1:
            found = self.words.cell(t.name[:-2], t.args[0])
            if found:
                return found
        stem, _, j = t.name.rpartition(".")
        if stem in self.words.folds and len(t.args) == 1:
            return f"{stem}({self.words.number(t.args[0])})[{j}]"
        shown = [self._value(a, w, depth - 1) for a, w in zip(t.args, t.widths, strict=True)][:PIECES]
        more = ", ..." if len(t.args) > PIECES else ""
        return f"{t.name.replace('()', '')}({', '.join(shown)}{more})"

    def _operation(self, t: Op, depth: int) -> str:
        if t.kind == "ite":
            c, a, b = t.args
            yes, no = (self._value(x, t.width, depth) for x in (a, b))
            return f"{yes} if {self.fact(c)} else {no}"
        sign = {"eq": "==", "ult": "<", "slt": "<s", "udiv": "/", "and": "&"}.get(t.kind) or KINDS[t.kind].sign
        if t.kind == "table":
            return f"table[{self._value(t.args[0], t.arg_width, depth)}]"
        shown = [self._value(a, t.arg_width, depth) for a in t.args[: PIECES + 1]]
        if sign:
            return f"{shown[0]} {sign} {shown[1]}"
        more = ", ..." if len(t.args) > PIECES + 1 else ""
        return f"{t.kind}({', '.join(shown)}{more})"

    def _sum(self, t: Sum, depth: int) -> str:
        terms, const = (linear_view(t)) if t.width == 64 else (t.terms, t.const)
        half, full = 1 << t.width - 1, 1 << t.width
        if len(terms) == 1 and t.width == 64:
            ((base, c),) = terms.items()
            if c == 1 and isinstance(base, Var) and base.name == "image":
                return self._image(const)
        words: list[str] = []
        part = self._within(t) if len(terms) > FEW else None
        if part is not None and isinstance(part[0], Sum):
            terms = {u: c for u, c in t.terms.items() if u not in part[0].terms}
            const = t.const - part[0].const & full - 1
            words.append(f"+ {part[1]}")
        for u, c in sorted(terms.items(), key=lambda x: self._rank(x[0])):
            minus, k = (c > half, full - c if c > half else c)
            text = f"{'' if k == 1 else f'{_number(k, t.width)}*'}{self._inner(u, depth)}"
            words.append(f"{'-' if minus else '+'} {text}")
        if len(words) > PIECES:
            words = [*words[:PIECES], f"+ ... {len(words) - PIECES} more"]
        if const:
            words.append(f"- {_number(full - const, t.width)}" if const > half else f"+ {_number(const, t.width)}")
        return " ".join(words).removeprefix("+ ")

    def _within(self, t: Sum | Poly) -> tuple[Term, str] | None:
        """The largest of what was made last whose summands are all among those of `t`, with its name."""
        best, most = None, FEW - 1
        whole = _parts(t)
        for s, name in self._recent.get((type(t), t.width), ()):
            mine = _parts(s)
            if most < len(mine) < len(whole) and mine.items() <= whole.items():
                best, most = (s, name), len(mine)
        return best

    def _image(self, offset: int) -> str:
        image = self.words.p.routine.image
        try:
            return f"&{image.symbolize(offset)}"
        except Exception:  # noqa: BLE001 - a name is a help only
            return f"image + {offset:#x}"

    def _rank(self, t: Term) -> int:
        """Addresses first, then what has a name."""
        name = self.words.names.get(t.id, "")
        region = self.words.region(name)
        return 0 if region is not None else 1 if isinstance(t, Var) else 2

    def _poly(self, t: Poly, depth: int) -> str:
        const, whole, entries = t.const, ones(t.width), t.entries
        part = self._within(t) if len(entries) > FEW else None
        texts: list[str] = []
        if part is not None and isinstance(part[0], Poly):
            entries = {m: mask for m, mask in entries.items() if m not in part[0].entries}
            const ^= part[0].const
            texts.append(part[1])
        said = list(pieces(entries, t.width))
        shown = said if len(said) <= PIECES + 1 else said[:PIECES]
        texts += [piece(lambda u: self._inner(u, depth)) for piece in shown]
        if len(said) > len(shown):
            texts.append(f"... {len(said) - len(shown)} more")
        if const and const == whole:
            return f"~{texts[0]}" if len(texts) == 1 else f"~({' ^ '.join(texts)})"
        if const:
            texts.append(_number(const, t.width))
        return " ^ ".join(texts)

    # -- vectors ------------------------------------------------------------------------------

    def _vector(self, t: Term) -> str:
        name = self.words.names.get(t.id)
        if name is not None or isinstance(t, (Var, App, Op)):
            return self._written(t, DEPTH)
        best = ""
        for lane in (64, 32, 8):
            parts = [_lane(t, lane, k) for k in range(128 // lane)]
            if lane == 8 or all(self._plain(p) for p in parts):
                if lane == 8 and not all(self._plain(p) for p in parts):
                    break
                return _list(self._lane_texts(parts, lane))
            if not best and lane >= 32 and _parted(t, lane):
                best = _list(self._lane_texts(parts, lane))
        return best or self._written(t, DEPTH)

    def _lane_texts(self, parts: Sequence[Value], lane: int) -> list[str]:
        return [self._value(p, lane, 3) for p in parts]

    def _plain(self, v: Value) -> bool:
        """Whether a lane is a number or something with a name, perhaps with its bytes reversed."""
        if isinstance(v, int):
            return True
        t = intern(v)
        if t.id in self.words.names or isinstance(t, (Var, App)):
            return True
        if isinstance(t, Poly) and not t.const and reversed_bytes(t.entries) is not None:
            base = next(iter(t.entries)).factors[0][0]
            return base.id in self.words.names or isinstance(base, (Var, App))
        return False


def _narrow(t: Term) -> Term:
    """The low half of a 64-bit value whose high half is 0."""
    if t.width == 64 and t.pb <= ones(32):
        v = Bits(64, t)[31:0].value
        if isinstance(v, Term):
            return intern(v)
    return t


def _lane(t: Term, width: int, k: int) -> Value:
    return Bits(128, t)[width * k + width - 1 : width * k].value


def _parted(t: Term, lane: int) -> bool:
    """Whether each piece of a value lies in one lane: then it is shown lane by lane."""
    if not isinstance(t, Poly) or len(t.entries) > 64:
        return False
    return all(((m & -m).bit_length() - 1) // lane == (m.bit_length() - 1) // lane for m in t.entries.values())


def _parts(t: Term) -> Mapping[object, int]:
    """The summands of a sum with their coefficients, the monomials of a polynomial with their masks."""
    found: Mapping[Any, int] = t.terms if isinstance(t, Sum) else t.entries if isinstance(t, Poly) else {}
    return found


def _one(text: str) -> bool:
    """Whether a text needs no brackets within another: no operator stands outside of its own."""
    depth = 0
    for c in text:
        depth += (c in "({[") - (c in ")}]")
        if not depth and c in " *~-":
            return False
    return True


def _list(words: Sequence[str]) -> str:
    """{a, b}, and H(i)[0:4] for four words in a row."""
    out: list[str] = []
    k = 0
    while k < len(words):
        m = _WORD.fullmatch(words[k])
        n = k + 1
        if m:
            while n < len(words) and words[n] == f"{m['stem']}{int(m['k']) + n - k}]":
                n += 1
        same = next((j for j in range(k, len(words)) if words[j] != words[k]), len(words))
        if m and n - k > 1:
            out.append(f"{m['stem']}{m['k']}:{int(m['k']) + n - k}]")
        elif same - k > 2:
            out.append(f"{words[k]} x{same - k}")
            n = same
        else:
            out.append(words[k])
            n = k + 1
        k = n
    return out[0] if len(out) == 1 and ":" in out[0] else f"{{{', '.join(out)}}}"


def _number(v: int, width: int) -> str:
    for power, text in ((v, "2^{}"), (v + 1, "2^{} - 1")):
        if v > 1 << 16 and power & power - 1 == 0:
            return text.format(power.bit_length() - 1) if power >> width == 0 else hex(v)
    if v < 1 << 16 and (v < 1024 or v & v - 1):
        return str(v) if v < 4096 else hex(v)
    if width == 64 and v >> 48 == 0xFFFF:
        return str(v - (1 << 64)) if v > (1 << 64) - 4096 else f"-{(1 << 64) - v:#x}"
    return hex(v)


def _cut(text: str) -> str:
    # What is not the whole anyway says little for its length.
    most = LONGEST if "..." not in text else LONGEST // 2
    return text if len(text) <= most else text[: most - 4] + " ..."
