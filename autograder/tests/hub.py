"""A JupyterHub on this machine, with the settings that docs/deploy.md prints."""

from __future__ import annotations

import importlib.util
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from exchange import PATH

__all__ = ["MISSING", "hub"]

PROXY = "configurable-http-proxy"
MISSING = ", ".join(
    said
    for said, found in {
        "no jupyterhub: pip install jupyterhub": importlib.util.find_spec("jupyterhub"),
        f"no {PROXY}: npm install --global {PROXY}": shutil.which(PROXY),
    }.items()
    if not found
)
START_SECONDS = 120
ADDRESS = "http://127.0.0.1:8000"
OWN = """
c.JupyterHub.hub_bind_url = {hub!r}
c.ConfigurableHTTPProxy.api_url = {proxy!r}
c.Spawner.args = ["--allow-root", "--LabApp.extension_manager=readonly", "--LabApp.news_url="]
c.Spawner.environment = {environment!r}
c.Spawner.http_timeout = c.Spawner.start_timeout = 120
c.SimpleLocalProcessSpawner.home_dir_template = {homes!r}
"""


@contextmanager
def hub(root: Path, settings: str, environment: dict[str, str]) -> Iterator[str]:
    """Start one in a folder; gives its address.

    Parameters
    ----------
    root : Path
        Gets a folder for each student.
    settings : str
        Its `jupyterhub_config.py`.
    environment : dict
        Of the students' servers.
    """
    address, hub_address, proxy = (f"http://127.0.0.1:{port}" for port in _free_ports(3))
    assert ADDRESS in settings
    place = root / "hub"
    place.mkdir()
    own = OWN.format(hub=hub_address, proxy=proxy, environment=environment, homes=str(root / "{username}"))
    (place / "jupyterhub_config.py").write_text(settings.replace(ADDRESS, address) + own)
    command = [sys.executable, "-m", "jupyterhub", "--config", "jupyterhub_config.py"]
    with (place / "log").open("wb") as log:
        server = subprocess.Popen(
            command, cwd=place, env=os.environ | {"PATH": PATH}, stdout=log, stderr=log, start_new_session=True
        )
    try:
        _wait(address, server, place / "log")
        yield address
    finally:
        server.send_signal(signal.SIGTERM)  # it ends the students' servers and its proxy
        try:
            server.wait(60)
        except subprocess.TimeoutExpired:
            os.killpg(server.pid, signal.SIGKILL)
            server.wait()


def _free_ports(number: int) -> list[int]:
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(number)]
    ports = [item.getsockname()[1] for item in sockets]
    for item in sockets:
        item.close()
    return ports


def _wait(address: str, server: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and server.poll() is None:
        try:
            with urllib.request.urlopen(f"{address}/hub/health", timeout=2):
                return
        except OSError:
            time.sleep(0.2)
    raise RuntimeError(f"JupyterHub did not start: {log.read_text(errors='replace')[-2000:]}")
