"""What may be typed in `armsym explore`: each command answers in lines of text."""

from __future__ import annotations

from collections.abc import Callable

from armsym.errors import InputError
from armsym.explore.session import Session
from armsym.explore.tactics import KINDS
from armsym.proof.result import Status

__all__ = ["HELP", "do", "is_slow", "state_lines"]

HELP = (
    *(f"{kind} EXPR    {what}" for kind, what in KINDS.items()),
    "ask x5    what a register or flag is, and what made it; ask EXPR, of s: its value as a term",
    "keep    go on from the line tried last: the run is recorded anew with it; drop    forget what is kept",
    "copy    the lines of the DSL that say what is kept and what was tried last",
    "next, back, over, out    a step on or back; over a call or loop; back over one",
    "goto +0x1c    the next step at an offset; piece 3    a piece of a path",
    "facts    what is known here; open    what is not shown",
)


def is_slow(typed: str) -> bool:
    """Whether the engine is run for it."""
    word, _, rest = typed.strip().partition(" ")
    return word in (*KINDS, "keep", "drop") or (word in ("ask", "?") and not rest.strip().isidentifier())


def do(s: Session, typed: str) -> list[str]:
    """Do what was typed; raises `InputError` for what cannot be done, and the place stays."""
    word, _, rest = typed.strip().partition(" ")
    if word in KINDS:
        return s.tried(typed).text()
    moves: dict[str, Callable[[], bool]] = {
        "next": s.walk.forward, "back": s.walk.back, "over": s.walk.over, "out": s.walk.over_back,
    }  # fmt: skip
    if word in moves:
        if not moves[word]():
            raise InputError(f"{word}: there is no step that way")
        return [where(s)]
    if word in ("ask", "?"):
        return s.asked(rest)
    if word == "keep":
        status = s.keep()
        return [f"kept: with {len(s.kept)} line{'s' if len(s.kept) > 1 else ''} the proof is {status.value}"]
    if word == "drop":
        s.drop()
        return ["nothing is kept"]
    if word == "copy":
        return s.to_copy() or ["nothing was tried yet"]
    if word == "goto":
        return _goto(s, rest.strip())
    if word == "piece":
        numbers = {str(p.number): k for k, p in enumerate(s.walk.pieces)}
        if rest.strip() not in numbers:
            raise InputError(f"piece {rest}: the pieces are {', '.join(numbers)}")
        s.walk.go(numbers[rest.strip()])
        return [where(s)]
    if word == "facts":
        return s.walk.facts() or ["nothing beyond the preconditions"]
    if word == "open":
        return _open(s)
    if word == "help":
        return list(HELP)
    raise InputError(f"{word or 'nothing'}: type help")


def where(s: Session) -> str:
    """The place in one line."""
    line = s.walk.line
    if line is not None:
        return f"piece {s.walk.here.number}, {s.image.symbolize(line.at)}: {line.assembly}"
    at = s.walk.here.to
    return f"piece {s.walk.here.number}: {s.walk.here.end}{'' if at is None else ' ' + s.image.symbolize(at)}"


def _goto(s: Session, text: str) -> list[str]:
    try:
        at = s.routine.entry + int(text[1:], 0) if text.startswith("+") else int(text, 0)
    except ValueError:
        raise InputError(
            f"goto {text}: an offset from the routine's start, such as +0x1c, or one into the file"
        ) from None
    if not s.walk.find(at):
        raise InputError(f"goto {text}: no path comes to {s.image.symbolize(at)}")
    return [where(s)]


def _open(s: Session) -> list[str]:
    found = [o for o in s.result.obligations if o.status is not Status.PROVED]
    lines = []
    for o in found:
        lines += [f"{o.status.value} {o.kind}: {o.name}", *(f"  {x.strip()}" for x in o.detail.splitlines()[:4])]
    for p in s.walk.pieces:
        lines += [f"  in piece {p.number}: {name}" for name in dict.fromkeys(o.name for o in p.open)]
    return lines or ["nothing is open"]


def state_lines(s: Session) -> list[tuple[str, str, bool]]:
    """(register, what it holds, whether the last step changed it): those first, and those that hold anything last.

    What is as on entry is left out.
    """
    state, changed = s.walk.state(), s.walk.changed()
    rows = []
    for name, text in state.items():
        if text in (f"entry.{name}", f"{name} on entry") and name not in changed:
            continue
        rows.append((name, text, name in changed))
    return sorted(rows, key=lambda row: (not row[2], row[1] == f"any {row[0]}"))
