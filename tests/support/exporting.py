"""Bundles of proofs, as `armsym prove --export` makes them."""

from __future__ import annotations

from pathlib import Path

from shipped import fetching

from armsym.audit.bundle import Bundle
from armsym.certify.export import Exporter
from armsym.cli.work import image_of
from armsym.proof.registry import discover
from armsym.proof.run import prove
from semantics import A64

__all__ = ["exported"]


def exported(file: Path, name: str) -> tuple[Bundle, Path]:
    """The bundle of a proof in a file or folder, and the file that it is about; AssertionError where it stays open."""
    d = next(d for d in discover(file) if d.name == name)
    with fetching():
        path = Path(d.object_spec())
    exporter = Exporter(d.symbol, str(path))
    result = prove(d, name=name, image=image_of(str(path)), symbol=d.symbol, isa=A64, observe=exporter.observe)
    bundle = Bundle(name, d.symbol, str(path), result.file_sha256, "a test", "a test")
    open_ = exporter.finish(bundle)
    assert open_ == [], open_
    return bundle, path
