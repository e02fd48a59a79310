"""One HTML page that shows a proof: everything it needs is in it, and it asks nobody for anything.

What can be read without a program is plain HTML: the answer, the obligations, the picture, the code beside the proof.
The program in it, `page.js`, shows the state at each step of each path.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from html import escape
from importlib.resources import files
from pathlib import PurePath
from typing import Any

from armsym.proof.result import KINDS, Obligation, ProofResult, Status
from armsym.proof.trace import Departure, TraceStep
from armsym.report.wording import NO_RESULTS, claims_nothing, lengths
from armsym.view.graph import Block, picture
from armsym.view.recording import FLAGS, REGISTERS
from armsym.view.sources import Note, Source

__all__ = ["Run", "Seen", "departs", "page"]

_FOLD = re.compile(r"\b([A-Za-z_]\w*)\.(\d+)\(([^()]*|\([^()]*\))\)")


@dataclass(frozen=True)
class Run:
    """A run on numbers, step by step: what it is called, the registers at its start, and why it is not shown whole."""

    title: str
    start: Mapping[str, str]
    steps: Sequence[TraceStep]
    note: str = ""
    #: After so many steps it first departs from what the proof says, and how; None where no claim of the proof breaks.
    departs: tuple[int, str] | None = None


@dataclass
class Seen:
    """All that a page shows of a proof.

    code      of each instruction: offset, word, assembly, name of the place
    flow      of each instruction: the offsets that it may go on at
    strings   the texts that `cases` speak of by place; see `armsym.view.encoded`
    """

    result: ProofResult
    entry: int
    code: Sequence[tuple[int, int | None, str, str]]
    blocks: Sequence[Block]
    notes: Sequence[Note]
    sources: Sequence[Source]
    strings: Sequence[str | tuple[str, str]] = ()
    cases: Sequence[Mapping[str, Any]] = ()
    runs: Sequence[Run] = field(default_factory=list)
    source: str = ""


def page(seen: Seen) -> str:
    """The page as text."""
    r = seen.result
    data = {
        "registers": [*REGISTERS, *FLAGS],
        "strings": seen.strings,
        "cases": seen.cases,
        "code": {at: text for at, _, text, _ in seen.code},
        "names": {at: name for at, _, _, name in seen.code},
        "runs": [_run(run) for run in seen.runs],
    }
    here = files("armsym.view")
    css, js = ((here / name).read_text(encoding="utf-8") for name in ("page.css", "page.js"))
    body = "".join(_body(seen))
    title = escape(f"{r.proof}: {r.status.value}")
    # In a script element nothing but its end tag and comments mean anything.
    text = json.dumps(data, separators=(",", ":"), ensure_ascii=False).replace("<", "\\u003c")
    return (
        f'<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n<title>{title}</title>\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        '<meta name="color-scheme" content="light dark">\n<link rel="icon" href="data:,">\n'
        "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline';"
        " script-src 'unsafe-inline'; img-src data:\">\n"
        f'<style>\n{css}</style>\n</head>\n<body>\n{body}<script type="application/json" id="data">{text}</script>\n'
        f"<script>\n{js}</script>\n</body>\n</html>\n"
    )


def _run(run: Run) -> dict[str, Any]:
    steps = []
    for s in run.steps:
        found: dict[str, Any] = {"a": s.at}
        if s.changed:
            found["x"] = [[c.name, c.after] for c in s.changed]
        if s.accesses:
            found["m"] = [[f"{a.verb} {a.place} (+{a.size})", a.value] for a in s.accesses]
        if s.stopped:
            found["no"] = s.stopped
        steps.append(found)
    found = {"title": run.title, "start": dict(run.start), "steps": steps, "note": run.note}
    return found | ({"departs": run.departs} if run.departs is not None else {})


# -- the parts of the page, from the top ----------------------------------------------------------


def _body(seen: Seen) -> Iterator[str]:
    r = seen.result
    yield '<a class="skip" href="#state">To the state at a step</a>\n'
    yield from _header(seen)
    yield "<main>\n"
    yield from _failures(r)
    yield _PLAYER
    yield '<div class="panes">\n'
    yield '<section class="pane" id="flow" aria-labelledby="h-flow"><h2 id="h-flow">Control flow</h2>'
    yield '<div class="scroll" tabindex="0" role="region" aria-label="Control flow, a picture that scrolls">'
    yield picture(seen.entry, seen.blocks, f"Control flow of {r.symbol}: {len(seen.blocks)} blocks")
    yield "</div></section>\n"
    yield from _code(seen)
    yield _STATE
    yield "</div>\n"
    yield from _paths(seen)
    yield from _obligations(r)
    yield from _sources(seen)
    yield from _assumptions(r)
    yield "</main>\n"
    yield f"<footer>Made by <code>armsym view</code>. File SHA-256 <code>{escape(r.file_sha256)}</code>,"
    yield f" code SHA-256 <code>{escape(r.code_sha256)}</code>.</footer>\n"


def _header(seen: Seen) -> Iterator[str]:
    r = seen.result
    yield f'<header><h1>{escape(r.proof)} <span class="status {r.status.value}">{r.status.value}</span></h1>'
    file = PurePath(r.file).name
    facts = [f"<code>{escape(r.symbol)}</code> in <code>{escape(file)}</code>", f"{r.seconds:.1f} s"]
    facts += [f"<code>{escape(x)}</code>" for x in lengths(r)]
    shown = sum(o.status is Status.PROVED for o in r.obligations)
    facts.append(f"{shown} of {len(r.obligations)} obligations shown")
    yield f'<p class="facts">{" · ".join(facts)}</p>'
    if claims_nothing(r):
        yield f'<p class="warn">proved: {escape(NO_RESULTS)}</p>'
    if r.message:
        yield f'<p class="warn">{escape(r.message)}</p>'
    yield "</header>\n"


def _failures(r: ProofResult) -> Iterator[str]:
    failed = [o for o in r.obligations if o.status is not Status.PROVED]
    if not failed and r.counterexample is None:
        return
    yield '<section id="failures" aria-labelledby="h-fail"><h2 id="h-fail">What was not shown</h2>\n'
    for o in failed:
        yield f'<article class="failure"><h3><span class="status {o.status.value}">{o.status.value}</span> '
        yield f"{escape(o.kind)}: {escape(o.name)}</h3>"
        yield from _why(o)
        yield "</article>\n"
    c = r.counterexample
    if c is not None:
        yield f'<article class="failure"><h3>Counterexample to {escape(c.kind)}: {escape(c.claim)}</h3><dl>'
        # Two runs that differ are no expectation and what came of it.
        sides = ("expected", "got") if c.other_entry is None else ("one run", "the other")
        rows = [
            *c.inputs.items(),
            (sides[0], c.expected),
            (sides[1], c.got),
            ("differs", c.differs),
            ("where", c.detail),
        ]
        rows += [("replay", c.replay), ("command", c.command), ("command of the other", c.other_command)]
        rows += [(f"{name} in the other run", value) for name, value in c.other_inputs.items()]
        for name, value in rows:
            if value:
                yield f"<dt>{escape(name)}</dt><dd><code>{escape(value)}</code></dd>"
        yield "</dl>"
        if c.departure is not None:
            yield f"<p>{escape(departs(c.departure))}</p>"
        yield from (f'<p class="hint">{escape(hint)}</p>' for hint in c.hints)
        yield "<p>The run is the first of the paths below: move through it with the slider.</p></article>\n"
    yield "</section>\n"


def departs(d: Departure) -> str:
    """Where a run first departs from what the proof says."""
    return f"Before step {d.number}, at {d.at:#x}, {d.where} breaks: {d.claim}. Expected {d.expected}, got {d.got}."


def _why(o: Obligation) -> Iterator[str]:
    why = o.why
    sides = why.sides if why is not None else None
    if sides is not None:
        where = f", {escape(sides.where)}" if sides.where else ""
        label = escape(why.label) if why is not None else ""
        yield f"<p>{label}: not shown{where}</p>" if label else f"<p>not shown{where}</p>"
        yield '<div class="sides"><div><h4>is</h4><pre>'
        yield _marked(sides.found)
        yield "</pre></div><div><h4>claimed</h4><pre>"
        yield _marked(sides.claimed)
        yield "</pre></div></div>"
        yield '<div class="sides"><div><h4>first part that differs: is</h4><pre>'
        yield f"{escape(_named(sides.part_found))}</pre></div><div><h4>claimed there</h4><pre>"
        yield f"{escape(_named(sides.part_claimed))}</pre></div></div>"
        if sides.xor:
            yield f"<p>is ^ claimed: <code>{escape(sides.xor)}</code></p>"
    elif o.detail:
        yield f"<pre>{escape(o.detail)}</pre>"
    story = why.story if why is not None else None
    if story is not None:
        yield "<details><summary>The path to it</summary><ol>"
        for t in story.turns:
            yield f"<li><code>{t.at:#x}</code> {escape(t.where)} {escape(t.assembly)}: {escape(t.kind)} "
            yield f"<code>{escape(t.says)}</code></li>"
        yield f"</ol><p>It is at <code>{story.at:#x}</code> {escape(story.where)} {escape(story.assembly)}.</p>"
        known = [*story.facts, *story.lengths]
        if known:
            yield "<p>Known there:</p><ul>" + "".join(f"<li><code>{escape(f)}</code></li>" for f in known) + "</ul>"
        yield "</details>"
    for hint in why.hints if why is not None else ():
        yield f'<p class="hint">{escape(hint)}</p>'


def _named(text: str) -> str:
    """The text with values of folds as proofs write them: H(i)[3], where the engine calls that H.3(i)."""
    return _FOLD.sub(r"\1(\3)[\2]", text)


def _marked(text: str) -> str:
    """The text with <mark> around what stands in [[ ]]."""
    text = _named(text.replace("[[", "\x02").replace("]]", "\x03"))
    return escape(text).replace("\x02", "<mark>").replace("\x03", "</mark>")


_PLAYER = """<section class="player" aria-labelledby="h-player"><h2 id="h-player" class="quiet">Steps</h2>
<noscript><p class="warn">The state at each step needs JavaScript; everything else is here.</p></noscript>
<label for="path">Path</label> <select id="path"></select>
<button type="button" id="prev" aria-label="Step back" title="Step back (left arrow)">&#9664;</button>
<input type="range" id="at" min="0" max="0" value="0" aria-label="Step on this path">
<button type="button" id="next" aria-label="Step forward" title="Step forward (right arrow)">&#9654;</button>
<output id="count" for="at"></output>
<details class="keys"><summary>Keys</summary><dl><dt>&larr; &rarr; or h l</dt><dd>one step</dd><dt>Page up, down</dt>
<dd>ten steps</dd><dt>Home, End</dt><dd>first, last</dd><dt>[ ]</dt><dd>other path</dd><dt>n p</dt>
<dd>next, previous place where something was shown</dd><dt>a</dt><dd>all registers</dd></dl></details>
</section>
"""

_STATE = """<section class="pane" id="state" aria-labelledby="h-state" tabindex="-1"><h2 id="h-state">State</h2>
<div class="scroll" tabindex="0" role="region" aria-label="State at this step">
<p id="here" aria-live="polite"></p>
<label class="toggle"><input type="checkbox" id="all"> all registers</label>
<div id="now"></div></div></section>
"""


def _code(seen: Seen) -> Iterator[str]:
    notes: dict[int, list[Note]] = {}
    for n in seen.notes:
        notes.setdefault(n.at, []).append(n)
    places = {s.file: k for k, s in enumerate(seen.sources)}
    known = {at for at, *_ in seen.code}
    yield '<section class="pane" id="code" aria-labelledby="h-code"><h2 id="h-code">Code beside its proof</h2>'
    yield '<div class="scroll" tabindex="0" role="region" aria-label="Code beside its proof">'
    yield '<table class="code"><thead><tr><th scope="col">Offset</th><th scope="col">Word</th>'
    yield '<th scope="col">Instruction</th></tr></thead><tbody>\n'
    routine = ""
    for at, word, text, name in seen.code:
        stem = name.partition("+")[0]
        if stem != routine:
            routine = stem
            yield f'<tr class="routine"><th colspan="3" scope="rowgroup">{escape(stem)}</th></tr>\n'
        for n in notes.get(at, ()):
            yield _note_row(n, places)
        hexed = "????????" if word is None else f"{word:08x}"
        yield f'<tr id="a{at:x}" data-at="{at}"><td>{at:x}</td><td>{hexed}</td><td>{escape(text)}</td></tr>\n'
    yield "</tbody></table>"
    for n in seen.notes:
        if n.at not in known:
            yield f"<p>{escape(n.name)} at {n.at:#x}</p>"
    yield "</div></section>\n"


def _note_row(n: Note, places: Mapping[str, int]) -> str:
    link = ""
    if n.file:
        link = f' <a href="#s{places[n.file]}-{n.first}">{escape(PurePath(n.file).name)}:{n.first}</a>'
    text = f"<pre>{escape(n.text)}</pre>" if n.text else ""
    return f'<tr class="note {n.kind}"><td colspan="3"><strong>{escape(n.name)}</strong>{link}{text}</td></tr>\n'


def _paths(seen: Seen) -> Iterator[str]:
    """What each path proved, as a table: what the picture shows, for those who do not see it."""
    yield '<section id="paths" aria-labelledby="h-paths"><h2 id="h-paths">What each path proved</h2>\n'
    for k, case in enumerate(seen.cases):
        if len(seen.cases) > 1:
            yield f"<details{' open' if not k else ''}><summary>{escape(case['text'])}</summary>"
        yield '<div class="wide" tabindex="0" role="region" aria-label="What each path proved"><table><thead><tr>'
        yield '<th scope="col">Piece</th><th scope="col">Where</th><th scope="col">Known from here on</th>'
        yield '<th scope="col">Ends</th><th scope="col">Shown there</th></tr></thead><tbody>\n'
        for s in case["segments"]:
            yield from _piece(seen, s)
        yield "</tbody></table></div>"
        if len(seen.cases) > 1:
            yield "</details>"
    yield "</section>\n"


def _piece(seen: Seen, s: Mapping[str, Any]) -> Iterator[str]:
    def text(k: int) -> str:
        found = seen.strings[k]
        return escape(found if isinstance(found, str) else found[1])

    parent = "" if s["p"] is None else f", from {s['p']}"
    yield f'<tr><th scope="row">{s["n"]} <small>{s["how"]}{parent}</small></th>'
    yield f"<td><code>{s['at']:#x}</code>, {len(s['steps'])} steps</td>"
    yield f"<td>{'<br>'.join(f'<code>{text(f)}</code>' for f in s['f'][:6])}</td>"
    to = "" if s["to"] is None else f" <code>{s['to']:#x}</code>"
    yield f"<td>{escape(s['end'])}{to}</td><td>"
    shown: dict[str, str] = {}
    for o in [*(o for x in s["steps"] for o in x.get("o", ())), *s["o"]]:
        shown[f"{o[0]}: {text(o[1])}"] = (
            o[2] if shown.get(f"{o[0]}: {text(o[1])}", "proved") == "proved" else "undecided"
        )
    if shown:
        bad = {n: v for n, v in shown.items() if v != "proved"}
        for name, status in bad.items():
            yield f'<span class="status {status}">{status}</span> {name}<br>'
        if len(shown) > len(bad):
            yield f"<details><summary>{len(shown) - len(bad)} proved</summary><ul>"
            yield "".join(f"<li>{n}</li>" for n, v in shown.items() if v == "proved")
            yield "</ul></details>"
    yield "</td></tr>\n"


def _obligations(r: ProofResult) -> Iterator[str]:
    order = {k: n for n, k in enumerate(KINDS)}
    yield '<section id="obligations" aria-labelledby="h-obl"><h2 id="h-obl">Obligations</h2>'
    yield '<div class="wide" tabindex="0" role="region" aria-label="Obligations"><table><thead><tr>'
    yield '<th scope="col">Kind</th><th scope="col">Obligation</th><th scope="col">Status</th>'
    yield '<th scope="col">Closed by</th><th scope="col">Seconds</th></tr></thead><tbody>\n'
    for o in sorted(r.obligations, key=lambda o: order.get(o.kind, len(order))):
        yield f'<tr><td>{escape(o.kind)}</td><th scope="row">{escape(o.name)}</th>'
        yield f'<td><span class="status {o.status.value}">{o.status.value}</span></td>'
        yield f'<td>{escape(", ".join(o.by))}</td><td class="number">{o.seconds:.3f}</td></tr>\n'
    yield "</tbody></table></div></section>\n"


def _sources(seen: Seen) -> Iterator[str]:
    yield '<section id="sources" aria-labelledby="h-src"><h2 id="h-src">The proof\'s source</h2>\n'
    for k, s in enumerate(seen.sources):
        at = seen.source if not k else s.name
        yield f"<details{' open' if not k else ''}><summary><code>{escape(at)}</code></summary>"
        yield '<div class="wide" tabindex="0" role="region" aria-label="Source"><ol class="source">'
        for n, line in enumerate(s.lines, 1):
            yield f'<li id="s{k}-{n}"><code>{escape(line) or " "}</code></li>'
        yield "</ol></div></details>\n"
    yield "</section>\n"


def _assumptions(r: ProofResult) -> Iterator[str]:
    yield '<section id="assumptions" aria-labelledby="h-ass"><h2 id="h-ass">Assumptions</h2><ul>'
    yield "".join(f"<li>{escape(a)}</li>" for a in r.assumptions)
    yield "</ul></section>\n"
