"""A real browser for the tests of pages: Debian's chromium, driven by Selenium; no request leaves the machine."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from selenium import webdriver

__all__ = ["Browser", "browser"]

#: What a page asked for beside itself, and what went wrong in it.
ASKED = "return performance.getEntriesByType('resource').map((e) => e.name)"


class Browser:
    """A window in which a page is open."""

    def __init__(self, driver: webdriver.Chrome) -> None:
        self.driver = driver

    def open(self, file: Path) -> float:
        """Open a page; how many milliseconds it took until it was there with all that its program does at first."""
        self.driver.get(file.resolve().as_uri())
        return float(self.run("return performance.getEntriesByType('navigation')[0].loadEventEnd"))

    def run(self, program: str, *arguments: object) -> Any:
        """What a program in the page answers."""
        return self.driver.execute_script(program, *arguments)

    def text(self, selector: str) -> str:
        """The text of the first element, as it is shown."""
        return str(self.run("return document.querySelector(arguments[0]).innerText", selector))

    def press(self, *keys: str) -> None:
        """Press keys where the focus is."""
        from selenium.webdriver import ActionChains

        for key in keys:
            ActionChains(self.driver).send_keys(key).perform()

    def complaints(self) -> list[str]:
        """What the page asked for, and what went wrong, since it was opened."""
        logged = self.driver.get_log("browser")  # type: ignore[no-untyped-call]
        return [*self.run(ASKED), *(str(entry["message"]) for entry in logged)]

    def scheme(self, name: str) -> None:
        """Prefer light or dark."""
        features = [{"name": "prefers-color-scheme", "value": name}]
        self.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": features})

    def size(self, width: int, height: int) -> None:
        """The page's width and height, in pixels; a window has a least width of its own."""
        metrics = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": False}
        self.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)


@contextmanager
def browser(folder: Path) -> Iterator[Browser]:
    """Within this a browser runs, with its profile in a new folder; where there is none a test is skipped, but in CI
    it fails.
    """
    program, driver = shutil.which("chromium"), shutil.which("chromedriver")
    if program is None or driver is None:
        assert not os.environ.get("CI"), "CI has no chromium and chromedriver: apt-get install chromium chromium-driver"
        pytest.skip("left out: there is no chromium, or no chromedriver")
    options = webdriver.ChromeOptions()
    options.binary_location = program
    for flag in (
        "--headless",
        "--no-sandbox",
        "--disable-gpu",
        "--disable-dev-shm-usage",
        "--no-first-run",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
        "--proxy-server=127.0.0.1:9",  # whatever is asked for beside a file fails
        f"--user-data-dir={folder}",
    ):
        options.add_argument(flag)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    window = webdriver.Chrome(options=options, service=webdriver.ChromeService(driver))
    try:
        yield Browser(window)
    finally:
        window.quit()
