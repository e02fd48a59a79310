"""Pinned wheels: what is checked, what is cached, and what is said when a wheel cannot be had.

pip is replaced by a stub but where a test is marked `wheels`.
"""

from __future__ import annotations

import hashlib
import subprocess
import sys
import zipfile
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from shipped import fetching

from armsym.errors import InputError
from armsym.wheels import Wheel, WheelUnavailable, cache_folder
from crypto_examples import wheels as pins

CONTENT = b"\x7fELF and so on" * 1000
MEMBER = "package/_native.abi3.so"


@pytest.fixture(autouse=True)
def _cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> None:
    if "wheels" not in request.keywords:
        monkeypatch.setenv("ARMSYM_CACHE", str(tmp_path / "cache"))


@pytest.fixture
def wheel_file(tmp_path: Path) -> Path:
    path = tmp_path / "package-1.0-cp311-abi3-manylinux_2_28_aarch64.whl"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as z:
        z.writestr(MEMBER, CONTENT)
        z.writestr("package/__init__.py", b"")
    return path


def pin(file: Path, **change: str) -> Wheel:
    digest = hashlib.sha256(file.read_bytes()).hexdigest()
    values = {
        "package": "package", "version": "1.0", "platform": "manylinux_2_28_aarch64",
        "sha256": digest, "member": MEMBER,
    }  # fmt: skip
    return Wheel(**(values | change))


@pytest.fixture
def pip(monkeypatch: pytest.MonkeyPatch, wheel_file: Path) -> list[list[str]]:
    """A pip that copies `wheel_file` to the folder it is given; the list records its command lines."""
    calls: list[list[str]] = []

    def run(command: list[str], **_: Any) -> subprocess.CompletedProcess[str]:
        calls.append(command)
        folder = Path(command[command.index("-d") + 1])
        (folder / wheel_file.name).write_bytes(wheel_file.read_bytes())
        return subprocess.CompletedProcess(command, 0, "", "")

    monkeypatch.setattr(subprocess, "run", run)
    return calls


def failing_pip(stderr: str, code: int = 1) -> Callable[..., subprocess.CompletedProcess[str]]:
    return lambda command, **_: subprocess.CompletedProcess(command, code, "", stderr)


def test_download_once(wheel_file: Path, pip: list[list[str]]) -> None:
    wheel = pin(wheel_file)
    path = wheel.path()
    assert path.read_bytes() == CONTENT
    assert path.name == "_native.abi3.so"
    assert wheel.path() == path
    (command,) = pip
    assert command[:4] == [sys.executable, "-m", "pip", "download"]
    for option in (["--no-deps"], ["--only-binary=:all:"], ["--python-version", "3.11"],
                   ["--platform", "manylinux_2_28_aarch64"]):  # fmt: skip
        at = command.index(option[0])
        assert command[at : at + len(option)] == option
    assert command[-1] == "package==1.0"


def test_nothing_else_stays_in_the_cache(wheel_file: Path, pip: list[list[str]]) -> None:
    wheel = pin(wheel_file)
    wheel.path()
    files = {p.relative_to(wheel.folder) for p in wheel.folder.rglob("*") if p.is_file()}
    notes = {f for f in files if f.suffix == ".sha256"}
    assert files - notes == {Path("wheel.whl"), Path(MEMBER)}
    assert len(notes) == 1
    assert len(pip) == 1


def test_a_member_that_was_removed_is_extracted_again(wheel_file: Path, pip: list[list[str]]) -> None:
    wheel = pin(wheel_file)
    wheel.path().unlink()
    assert wheel.path().read_bytes() == CONTENT
    assert len(pip) == 1


def test_two_members_of_one_wheel(wheel_file: Path, pip: list[list[str]]) -> None:
    assert pin(wheel_file).path().read_bytes() == CONTENT
    assert pin(wheel_file, member="package/__init__.py").path().read_bytes() == b""
    assert len(pip) == 1


def test_wrong_wheel_names_both_hashes(wheel_file: Path, pip: list[list[str]]) -> None:
    pinned = "0" * 64
    with pytest.raises(InputError) as e:
        pin(wheel_file, sha256=pinned).path()
    text = str(e.value)
    assert not isinstance(e.value, WheelUnavailable)
    assert pinned in text
    assert hashlib.sha256(wheel_file.read_bytes()).hexdigest() in text
    assert "package==1.0" in text
    assert "\n" not in text
    # A wheel that failed the check is not kept: a second try asks pip again.
    with pytest.raises(InputError):
        pin(wheel_file, sha256=pinned).path()
    assert len(pip) == 2


def test_damaged_member_names_both_hashes(wheel_file: Path, pip: list[list[str]]) -> None:
    wheel = pin(wheel_file)
    wheel.path().write_bytes(CONTENT[:-1])
    with pytest.raises(InputError) as e:
        wheel.path()
    assert hashlib.sha256(CONTENT).hexdigest() in str(e.value)
    assert hashlib.sha256(CONTENT[:-1]).hexdigest() in str(e.value)
    assert f"remove {wheel.folder}" in str(e.value)


def test_damaged_wheel_in_the_cache(wheel_file: Path, pip: list[list[str]]) -> None:
    wheel = pin(wheel_file)
    path = wheel.path()
    (wheel.folder / "wheel.whl").write_bytes(b"PK")
    assert wheel.path() == path  # the member is still what it was
    path.unlink()
    with pytest.raises(InputError, match=hashlib.sha256(b"PK").hexdigest()):
        wheel.path()


def test_damaged_note_is_made_again(wheel_file: Path, pip: list[list[str]]) -> None:
    wheel = pin(wheel_file)
    path = wheel.path()
    (note,) = wheel.folder.glob("*.sha256")
    for damage in (b"", b"\xff", b"0" * 63):
        note.write_bytes(damage)
        path.write_bytes(b"anything")
        assert wheel.path().read_bytes() == CONTENT
    assert len(pip) == 1


def test_missing_member_names_near_ones(wheel_file: Path, pip: list[list[str]]) -> None:
    with pytest.raises(InputError, match=rf"has no member package/_nativ\.so; near: {MEMBER}"):
        pin(wheel_file, member="package/_nativ.so").path()


def test_wheel_that_is_no_zip(wheel_file: Path, pip: list[list[str]]) -> None:
    wheel_file.write_bytes(b"not a zip archive")
    with pytest.raises(InputError, match="is not a readable wheel: File is not a zip file"):
        pin(wheel_file).path()


@pytest.mark.parametrize(
    ("stderr", "reason"),
    [
        (
            "WARNING: Retrying after connection broken by 'NewConnectionError(host='somewhere')'\n"
            "ERROR: Could not find a version that satisfies the requirement\n"
            "ERROR: No matching distribution found for package==1.0\n",
            "No matching distribution found for package==1.0",
        ),
        ("/usr/bin/python3: No module named pip\n", "No module named pip"),
        ("ERROR: HTTP error 404 while getting https://index.example/simple/x/\n", "while getting ..."),
        ("", "pip ended with 1 and 0 wheels"),
    ],
)
def test_unavailable(wheel_file: Path, monkeypatch: pytest.MonkeyPatch, stderr: str, reason: str) -> None:
    monkeypatch.setattr(subprocess, "run", failing_pip(stderr))
    with pytest.raises(WheelUnavailable) as e:
        pin(wheel_file).path()
    assert str(e.value).endswith(reason)
    assert str(e.value).startswith("wheel package==1.0 (manylinux_2_28_aarch64): not in the cache")
    assert "\n" not in str(e.value)
    assert "://" not in str(e.value)


def test_pip_that_succeeds_without_a_wheel(wheel_file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(subprocess, "run", failing_pip("", 0))
    with pytest.raises(WheelUnavailable, match="pip ended with 0 and 0 wheels"):
        pin(wheel_file).path()


def test_pip_that_does_not_end(wheel_file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def run(command: list[str], *, timeout: float, **_: Any) -> None:
        raise subprocess.TimeoutExpired(command, timeout)

    monkeypatch.setattr(subprocess, "run", run)
    with pytest.raises(WheelUnavailable, match="pip did not fetch it within 600 s"):
        pin(wheel_file).path()


def test_the_real_pip_without_an_index(wheel_file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """pip as it is, told to use no index: what an offline machine sees."""
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.delenv("PIP_FIND_LINKS", raising=False)
    with pytest.raises(WheelUnavailable, match=r"No matching distribution found for package==1\.0"):
        pin(wheel_file).path()


def test_cache_that_cannot_be_written(wheel_file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "a file"
    file.write_bytes(b"")
    monkeypatch.setenv("ARMSYM_CACHE", str(file))
    with pytest.raises(InputError, match=r"the cache .* cannot be used: Not a directory"):
        pin(wheel_file).path()


def test_cache_folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("ARMSYM_CACHE", str(tmp_path / "own"))
    assert cache_folder() == tmp_path / "own"
    monkeypatch.delenv("ARMSYM_CACHE")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "xdg"))
    assert cache_folder() == tmp_path / "xdg" / "armsym"
    monkeypatch.delenv("XDG_CACHE_HOME")
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    assert cache_folder() == tmp_path / "home" / ".cache" / "armsym"


def test_many_at_the_same_time(wheel_file: Path, pip: list[list[str]]) -> None:
    """Each of them finds no cache and makes it; every answer is whole."""
    wheel = pin(wheel_file)
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: wheel.path().read_bytes(), range(32)))
    assert answers == [CONTENT] * 32


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"sha256": "F" * 64}, "sha256 has 64 lower-case hexadecimal digits, not 'FFF"),
        ({"sha256": "0"}, "sha256 has 64 lower-case hexadecimal digits, not '0'"),
        ({"member": "../outside.so"}, r"member is a relative path inside the wheel, not '\.\./outside\.so'"),
        ({"member": "/etc/passwd"}, "member is a relative path inside the wheel"),
        ({"member": ""}, "member is a relative path inside the wheel, not ''"),
        ({"package": "--index-url"}, "package is a name or number, not '--index-url'"),
        ({"version": "1.0 --pre"}, "version is a name or number, not '1.0 --pre'"),
        ({"platform": ""}, "platform is a name or number, not ''"),
    ],
)
def test_refused_pins(wheel_file: Path, change: dict[str, str], message: str) -> None:
    with pytest.raises(InputError, match=message):
        pin(wheel_file, **change)


@pytest.mark.wheels
@pytest.mark.parametrize("wheel", [pins.OPENSSL_4_0, pins.OPENSSL_3_4, pins.AWS_LC], ids=str)
def test_pinned_wheels(wheel: Wheel) -> None:
    with fetching():
        path = wheel.path()
    with path.open("rb") as f:
        assert f.read(20)[:4] == b"\x7fELF"
