"""Which proofs there are for code that a file holds: proved routines, by their bytes and shapes.

What the proofs' own files hold is read once and kept in the cache folder, for the proof files and files under proof
as they are then.  A file that would have to be fetched is not.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import takewhile
from pathlib import Path
from typing import TYPE_CHECKING

from armsym.cli.common import print_note
from armsym.cli.naming import default_target
from armsym.elf.shape import Shape, completed, shape_of
from armsym.errors import ArmsymError, InputError
from armsym.wheels import Wheel, cache_folder

if TYPE_CHECKING:
    from armsym.elf import Image
    from armsym.proof.registry import ProofDefinition

__all__ = ["Known", "KnownRoutine", "found_names", "known_routines"]

_VERSION = 2  # of the file in the cache


@dataclass(frozen=True)
class KnownRoutine:
    """A routine that a proof is about; `of` is the file it was read from, `source` the proof's place.

    `variables` has, by word, the variable of the file whose address it and an ADRP before it name.
    """

    proof: str
    symbol: str
    of: str
    source: str
    shape: Shape
    variables: tuple[tuple[int, str], ...] = ()


@dataclass(frozen=True)
class Match:
    """A proof that speaks of a routine like the one asked about; `how` is "bytes" or "shape"."""

    routine: KnownRoutine
    how: str


class Known:
    """Routines that can be looked up by their code; `absent` are the proofs whose files are not here."""

    def __init__(self, routines: Sequence[KnownRoutine], absent: int) -> None:
        self.routines, self.absent = list(routines), absent
        self._by_start: dict[tuple[int, ...], list[KnownRoutine]] = {}
        for r in self.routines:
            self._by_start.setdefault(r.shape.words[:1], []).append(r)
        self._masks = {r.shape.masks[0] for r in self.routines}

    def at(self, image: Image, offset: int, size: int) -> list[Match]:
        """The proofs of routines like that of at most `size` bytes at an offset, those of the same bytes first."""
        segment = image.segment_at(offset)
        if segment is None or not segment.known or offset + 4 > segment.end:
            return []
        first = int.from_bytes(segment.data[offset - segment.offset : offset - segment.offset + 4], "little")
        starts = {first & ~mask for mask in self._masks}
        found, shapes = [], dict[int, Shape | None]()
        for r in (r for start in starts for r in self._by_start.get((start,), ())):
            if r.shape.size > size:
                continue
            if r.shape.size not in shapes:
                try:
                    shapes[r.shape.size] = shape_of(image, offset, r.shape.size)
                except InputError:
                    shapes[r.shape.size] = None
            have = shapes[r.shape.size]
            if have is not None and have.code_sha256 == r.shape.code_sha256:
                found.append(Match(r, "bytes"))
            elif have is not None and _alike(have, r.shape):
                found.append(Match(r, "shape"))
        return sorted(found, key=lambda m: m.how)

    def places(self, image: Image) -> dict[int, int]:
        """Where in an image's code routines like these may begin, with their sizes: for files without symbols."""
        found: dict[int, int] = {}
        for r in {r.shape: r for r in self.routines}.values():
            distance, window = r.shape.window()
            for s in image.segments:
                if "x" not in s.access or not s.known or len(window) < 16:
                    continue
                at = s.data.find(window)
                while at >= 0:
                    offset = s.offset + at - distance
                    if (
                        not offset % 4
                        and s.offset <= offset
                        and any(m.routine.shape == r.shape for m in self.at(image, offset, r.shape.size))
                    ):
                        found[offset] = max(found.get(offset, 0), r.shape.size)
                    at = s.data.find(window, at + 1)
        return found


def found_names(known: Known, image: Image) -> tuple[list[str], list[str]]:
    """What an image calls the routines of proofs that it has no symbol for, `NAME=ADDRESS+SIZE` each, and the variables
    that these name; and notes about those of which there are several."""
    places: dict[str, dict[str, set[tuple[int, int]]]] = {}
    variables: dict[str, set[int]] = {}
    for offset, size in known.places(image).items():
        for m in known.at(image, offset, size):
            r = m.routine
            if _lacks(image, r.symbol):
                places.setdefault(r.symbol, {}).setdefault(m.how, set()).add((offset, r.shape.size))
            there = completed(image, offset, r.shape.size) if r.variables else {}
            for k, name in r.variables:
                if k in there and _lacks(image, name):
                    variables.setdefault(name, set()).add(there[k])
    pairs, notes = [], []
    for symbol, by in sorted(places.items()):
        best = by.get("bytes") or by["shape"]
        texts = [f"{offset:#x}+{size:#x}" for offset, size in sorted(best)]
        if len(texts) == 1:
            pairs.append(f"{symbol}={texts[0]}")
        else:
            notes.append(f"{symbol} may be {', '.join(texts)}: --symbol says which")
    for name, found in sorted(variables.items()):
        if len(found) == 1:
            pairs.append(f"{name}={min(found):#x}")
        else:
            notes.append(f"{name} may be at {', '.join(hex(at) for at in sorted(found))}: --symbol says which")
    return pairs, notes


def _lacks(image: Image, symbol: str) -> bool:
    try:
        image.lookup(symbol)
    except InputError:
        return True
    return False


def _alike(a: Shape, b: Shape) -> bool:
    """Whether both are the same where neither's bits depend on where things lie."""
    both = [m | n for m, n in zip(a.masks, b.masks, strict=True)]
    return all(x & ~m == y & ~m for x, y, m in zip(a.words, b.words, both, strict=True))


# -- reading ----------------------------------------------------------------------------------


def known_routines(targets: Sequence[str]) -> Known:
    """The routines of the proofs in files and folders (default: crypto_examples); raises `InputError`."""
    folders = [Path(t) for t in targets] or [default_target()]
    files = [f for t in folders for f in (t.rglob("*.py") if t.is_dir() else [t])]
    key = _key(files)
    kept = cache_folder() / f"routines-{key}.json"
    found = _kept(kept)
    if found is None:
        print_note("reading the files under proof, to be kept for the next time")
        found = _read([str(t) for t in folders])
        _keep(kept, found)
    return found


def _key(files: Sequence[Path]) -> str:
    """What the answer depends on: the proof files, what lies beside them, and the wheels."""
    digest = hashlib.sha256(f"{_VERSION} {cache_folder()} {sorted(str(f.resolve()) for f in files)}".encode())
    folders = {f.parent for f in files}
    for folder in list(folders):  # and the packages they are in, whose modules say which files are meant
        folders |= set(takewhile(lambda f: (f / "__init__.py").exists(), folder.resolve().parents))
    for path in sorted({*files, *(p for folder in folders for p in folder.glob("*.py"))}):
        try:
            digest.update(f"\0{path.resolve()}\0".encode() + path.read_bytes())
        except OSError as e:
            raise InputError(f"{path}: cannot be read: {e.strerror or e}") from None
    beside = (p for folder in folders for p in folder.iterdir() if p.suffix != ".py" and p.is_file())
    fetched = (cache_folder() / "wheels").glob("*/member-*")
    for path in sorted([*beside, *fetched]):
        s = path.stat()
        digest.update(f"\0{path}\0{s.st_size}\0{s.st_mtime_ns}".encode())
    return digest.hexdigest()[:32]


def _read(targets: Sequence[str]) -> Known:
    from armsym.cli.selection import select
    from armsym.cli.work import image_of

    found, absent = list[KnownRoutine](), 0
    for d in select(targets, "*").proofs:
        spec = _here(d)
        if spec is None:
            absent += 1
            continue
        try:
            image = image_of(spec)
            extent = image.function_extent(d.symbol)
            shape = shape_of(image, *extent)
        except ArmsymError:
            absent += 1  # `armsym prove` says why
            continue
        if shape.size:
            place = f"{_short(d.file)}:{d.line}"
            found.append(KnownRoutine(d.name, d.symbol, str(d.of), place, shape, _variables(image, *extent)))
    return Known(found, absent)


def _variables(image: Image, offset: int, size: int) -> tuple[tuple[int, str], ...]:
    found = []
    for k, to in completed(image, offset, size).items():
        segment = image.segment_at(to)
        name = image.symbolize(to)
        if segment is not None and "w" in segment.access and name.isidentifier():
            found.append((k, name))
    return tuple(found)


def _here(d: ProofDefinition) -> str | None:
    """The file that a proof is about, if it need not be fetched."""
    if isinstance(d.of, Wheel) and not (d.of.folder / d.of.member).is_file():
        return None
    try:
        return d.object_spec()
    except ArmsymError:
        return None


def _short(file: str) -> str:
    path = Path(file)
    here = Path.cwd()
    return str(path.relative_to(here)) if path.is_relative_to(here) else file


def _keep(path: Path, known: Known) -> None:
    rows = [
        {
            "proof": r.proof,
            "symbol": r.symbol,
            "of": r.of,
            "source": r.source,
            "words": r.shape.words,
            "masks": {k: m for k, m in enumerate(r.shape.masks) if m},
            "code_sha256": r.shape.code_sha256,
            "variables": r.variables,
        }
        for r in known.routines
    ]
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        part = path.with_suffix(f".{os.getpid()}")
        part.write_text(json.dumps({"absent": known.absent, "routines": rows}), encoding="ascii")
        os.replace(part, path)
    except OSError:
        pass  # the next time it is read again


def _kept(path: Path) -> Known | None:
    try:
        answer = json.loads(path.read_text(encoding="ascii"))
        return Known(list(_routines(answer["routines"])), int(answer["absent"]))
    except (OSError, ValueError, KeyError, TypeError, AttributeError, AssertionError):
        return None  # not there, or not what this version writes


def _routines(rows: list[dict[str, object]]) -> Iterator[KnownRoutine]:
    for row in rows:
        words, masks = row["words"], row["masks"]
        assert isinstance(words, list)
        assert isinstance(masks, dict)
        mask = [int(masks.get(str(k), 0)) for k in range(len(words))]
        shape = Shape(tuple(words), tuple(mask), str(row["code_sha256"]))
        named = row["variables"]
        assert isinstance(named, list)
        variables = tuple((int(k), str(name)) for k, name in named)
        yield KnownRoutine(str(row["proof"]), str(row["symbol"]), str(row["of"]), str(row["source"]), shape, variables)
