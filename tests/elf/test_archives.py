"""Members of ar archives: GNU and BSD names, and what is wrong with an archive."""

from __future__ import annotations

from pathlib import Path

import pytest
from elf_data import DATA

from armsym.elf import load
from armsym.elf.container import member_of
from armsym.errors import InputError

OBJECT = (DATA / "got.o").read_bytes()


def member(name: str, content: bytes, size: str | None = None) -> bytes:
    """An ar header of 60 bytes and the content, padded to an even size."""
    head = f"{name:<16}{'0':<12}{'0':<6}{'0':<6}{'644':<8}{size or len(content):<10}".encode() + b"`\n"
    return head + content + b"\n" * (len(content) % 2)


def write(path: Path, *members: bytes) -> Path:
    path.write_bytes(b"!<arch>\n" + b"".join(members))
    return path


@pytest.mark.parametrize(
    ("name", "same_as"),
    [("relocs.o", "relocs.o"), ("nosize.o", "nosize.o"), ("a_member_with_a_long_name.o", "got.o")],
)
def test_archive_of_gnu_ar(name: str, same_as: str) -> None:
    spec = f"{DATA / 'library.a'}({name})"
    image = load(spec)
    assert image.path == spec
    assert image.sha256 == load(DATA / same_as).sha256
    assert image.segments == load(DATA / same_as).segments


def test_bsd_names_and_indexes(tmp_path: Path) -> None:
    name = b"a name with spaces.o"
    path = write(
        tmp_path / "bsd.a",
        member("__.SYMDEF SORTED", b"\0" * 8),
        member(f"#1/{len(name) + 4}", name + b"\0" * 4 + OBJECT),
        member("short.o", OBJECT),
    )
    for wanted in (name.decode(), "short.o"):
        assert load(f"{path}({wanted})").symbol("take").size == 48


def test_members_of_one_name(tmp_path: Path) -> None:
    path = write(tmp_path / "twice.a", member("x.o/", OBJECT), member("x.o/", (DATA / "nosize.o").read_bytes()))
    with pytest.raises(InputError, match=r"holds 2 members of this name: choose with x\.o#1 to #2"):
        load(f"{path}(x.o)")
    assert load(f"{path}(x.o#1)").symbol("take").size == 48
    assert load(f"{path}(x.o#2)").symbol("third").offset == 40
    with pytest.raises(InputError, match=r"the archive holds 2 members named x\.o"):
        load(f"{path}(x.o#3)")


def test_a_file_whose_name_has_parentheses(tmp_path: Path) -> None:
    path = tmp_path / "copy(1).o"
    path.write_bytes(OBJECT)
    assert load(path).symbol("take").size == 48


@pytest.mark.parametrize(
    ("content", "spec", "message"),
    [
        (b"!<thin>\n", "(x.o)", "is a thin archive, which only names its members"),
        (b"!<arch>\n", "(x.o)", "has no such member among its 0$"),
        (b"!<arch>\n", "", r"is an archive: name a member, .*lib\.a\(MEMBER\.o\); it is empty"),
        (
            b"!<arch>\n" + member("relocs.o/", OBJECT),
            "(reloc.o)",
            "no such member among its 1; near: relocs.o",
        ),
        (b"!<arch>\n" + member("relocs.o/", OBJECT), "", r"\(MEMBER\.o\); it holds relocs\.o$"),
        (b"!<arch>\n" + member("x.o/", OBJECT)[:100], "(x.o)", r"truncated: the member at 0x8 has 40 of \d+"),
        (b"!<arch>\n" + b"junk" * 15, "(x.o)", "has no member header at 0x8: 6e 6b ends it, not 60 0a"),
        (b"!<arch>\n" + b"junk", "(x.o)", "has no member header at 0x8"),
        (
            b"!<arch>\n" + member("x.o/", OBJECT, "many"),
            "(x.o)",
            "has the size b'many', not a decimal number",
        ),
        (b"!<arch>\n" + member("/77", OBJECT), "(x.o)", "long name at 77 lies outside the table of 0 bytes"),
        (b"!<arch>\n" + member("#1/9", b"abc"), "(x.o)", "a name of 9 bytes does not fit its member of 3"),
        (b"!<arch>\n" + member("x.o/", b"not ELF"), "(x.o)", r"lib\.a\(x\.o\): is not an ELF file"),
        (OBJECT, "(x.o)", "is not an ar archive: it begins with 7f 45 4c 46"),
    ],
)
def test_bad_archive(tmp_path: Path, content: bytes, spec: str, message: str) -> None:
    path = tmp_path / "lib.a"
    path.write_bytes(content)
    with pytest.raises(InputError, match=message) as e:
        load(f"{path}{spec}")
    assert str(path) in str(e.value)
    assert "\n" not in str(e.value)


def test_missing_archive(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"libcrypto\.a: does not exist"):
        load(f"{tmp_path}/libcrypto.a(x.o)")


def test_truncated_archive_anywhere() -> None:
    data = (DATA / "library.a").read_bytes()
    for size in range(8, len(data) - 1, 97):
        with pytest.raises(InputError, match=r"^library\.a"):
            member_of(data[:size], "library.a", "a_member_with_a_long_name.o")
