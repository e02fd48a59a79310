"""`p.same_as`: a proof's routine compared with another."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from armsym.cli.common import load_isa
from armsym.proof.result import Status

if TYPE_CHECKING:
    from armsym.elf import Image
    from armsym.proof.registry import ProofDefinition
    from armsym.proof.result import Obligation
    from armsym.proof.statement import Twin

__all__ = ["compared"]


def compared(
    d: ProofDefinition, image: Image, twin: Twin, image_of: Callable[[str], Image]
) -> tuple[Obligation, Sequence[str]]:
    """What comes of comparing a proof's routine with another; raises `InputError`.

    `image_of` reads files under proof.
    """
    from armsym.equiv import RESULTS, Verdict, equivalent
    from armsym.proof.result import Obligation

    of = twin.of
    if isinstance(of, str):
        other = image_of(str(Path(d.file).parent / of))
    else:
        other = image if of is None else image_of(str(of.path()))  # type: ignore[attr-defined]
    answer = equivalent(
        (image, d.symbol), (other, twin.symbol), load_isa(), declared=d, results=twin.results or RESULTS
    )
    title = f"does what {twin.symbol} does" + ("" if of is None else f" in {Path(other.path).name}")
    status = {
        Verdict.EQUIVALENT: Status.PROVED,
        Verdict.DIFFERENT: Status.REFUTED,
        Verdict.UNDECIDED: Status.UNDECIDED,
    }[answer.verdict]
    detail = answer.reason
    found = answer.difference
    if found is not None:
        given = ", ".join(f"{name} = {value}" for name, value in found.inputs.items())
        detail = f"{found.where} is {found.first} here and {found.second} there, for {given or 'any input'}"
    by = ("side by side" if answer.method == "in step" else answer.method,) if status is Status.PROVED else ()
    return Obligation(title, "same-as", status, by, answer.seconds, detail), answer.assumptions
