"""JupyterLab with a real kernel, looked at through a real browser."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import ConsoleMessage, Page, sync_playwright

__all__ = ["CHROMIUM", "TOKEN", "lab", "open_page", "run_notebook"]

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
ARGUMENTS = (
    "--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update", "--disable-sync",
)  # fmt: skip
TOKEN = "token-of-this-test"
START_SECONDS = 90
SETTINGS = {
    "@jupyterlab/notebook-extension/tracker": {"windowingMode": "none"},
    "@jupyterlab/apputils-extension/notification": {"fetchNews": "false", "checkForUpdates": False},
}


@contextmanager
def lab(folder: Path, app: str = "jupyterlab") -> Iterator[str]:
    """Start JupyterLab in a folder, or `"notebook"`, with whatever is configured there; gives the address."""
    settings = folder / ".settings"
    for name, values in SETTINGS.items():
        file = settings / f"{name}.jupyterlab-settings"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(json.dumps(values))
    command = [
        sys.executable, "-m", app, "--no-browser", "--allow-root", "--ip=127.0.0.1", "--port=0",
        f"--ServerApp.root_dir={folder}", f"--IdentityProvider.token={TOKEN}", "--LabApp.expose_app_in_browser=True",
        "--JupyterNotebookApp.expose_app_in_browser=True",
        "--LabApp.extension_manager=readonly", "--LabApp.news_url=",
    ]  # fmt: skip
    places = ("RUNTIME_DIR", "CONFIG_DIR")
    env = os.environ | {f"JUPYTER_{name}": str(folder / f".{name.lower()}") for name in places}
    env |= {"JUPYTERLAB_SETTINGS_DIR": str(settings), "OMP_NUM_THREADS": "1"}
    with (folder / ".lab.log").open("wb") as log:
        server = subprocess.Popen(command, cwd=folder, env=env, stdout=log, stderr=log, start_new_session=True)
    try:
        yield _address(folder / ".runtime_dir", server)
    finally:
        os.killpg(server.pid, signal.SIGTERM)
        try:
            server.wait(20)
        except subprocess.TimeoutExpired:
            os.killpg(server.pid, signal.SIGKILL)
            server.wait()


def _address(runtime: Path, server: subprocess.Popen[bytes]) -> str:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and server.poll() is None:
        for file in runtime.glob("jpserver-*.json"):
            try:
                url: str = json.loads(file.read_text())["url"]
                with urllib.request.urlopen(f"{url}api/status?token={TOKEN}", timeout=2):
                    return url
            except (OSError, ValueError):
                pass
        time.sleep(0.2)
    raise RuntimeError("JupyterLab did not start")


@contextmanager
def open_page(problems: list[str]) -> Iterator[Page]:
    """A page of Chromium; what goes wrong on it is added to a list."""

    def note(message: ConsoleMessage) -> None:
        if message.type == "error":
            problems.append(message.text)

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=list(ARGUMENTS))
        page = browser.new_page(viewport={"width": 1280, "height": 1000})
        page.on("console", note)
        page.on("pageerror", lambda error: problems.append(str(error)))
        try:
            yield page
        finally:
            browser.close()


def run_notebook(page: Page, address: str, name: str, place: str = "doc/tree") -> None:
    """Open a notebook and run all of its cells; `place` is where the application has it."""
    page.goto(f"{address}{place}/{name}?token={TOKEN}")
    page.wait_for_function("window.jupyterapp && document.querySelector('.jp-NotebookPanel')", timeout=60_000)
    page.wait_for_function(
        "window.jupyterapp.shell.currentWidget?.sessionContext?.session?.kernel?.status === 'idle'", timeout=60_000
    )
    page.evaluate("void window.jupyterapp.commands.execute('notebook:run-all-cells')")
