"""The shipped files of pinned wheels, and copies with a word of code changed."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache

import pytest

from armsym.elf import Image, load
from armsym.wheels import Wheel, WheelUnavailable

__all__ = ["fetching", "image_of", "with_word"]


@contextmanager
def fetching() -> Iterator[None]:
    """Within this a wheel that cannot be fetched skips the test, and in CI fails it."""
    try:
        yield
    except WheelUnavailable as e:
        if os.environ.get("CI"):
            raise
        pytest.skip(f"left out: {e}")


@cache
def image_of(wheel: Wheel) -> Image:
    """The wheel's file under proof, loaded once in a process: images are not changed."""
    with fetching():
        return load(wheel.path())


def with_word(original: Image, symbol: str, offset: int, before: int, after: int) -> Image:
    """The file with another word at an offset from a symbol, where `before` has to be the word there."""
    at = original.symbol(symbol).offset + offset
    assert original.word(at) == before, f"{symbol}+{offset:#x} is {original.word(at):#010x}: the bug is not planted"
    return original.patched({at: after.to_bytes(4, "little")})
