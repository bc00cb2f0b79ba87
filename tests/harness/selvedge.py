"""Starts the real binary on free ports with a directory of its own, and stops it."""

import os
import shutil
import signal
import subprocess
import tempfile
from urllib.parse import urlsplit

LAST_LINE = "REDIS_URL"
"""The last of the lines that a start prints."""


class Selvedge:
    """A running server: what it printed is in `lines`."""

    def __init__(self):
        self.directory = tempfile.mkdtemp()
        self._spawn("127.0.0.1:0", "127.0.0.1:0")

    def _spawn(self, http_address, resp_address):
        binary = os.environ.get("SELVEDGE_BIN")
        if not binary:
            raise RuntimeError("SELVEDGE_BIN names no binary: run `cargo xtask test clients`")
        self.process = subprocess.Popen(
            [
                binary,
                *("--data-dir", self.directory),
                *("--http-addr", http_address),
                *("--resp-addr", resp_address),
            ],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env={name: value for name, value in os.environ.items() if not name.startswith("SELVEDGE_")},
            text=True,
        )
        self.lines = {}
        for line in self.process.stdout:
            name, _, value = line.rstrip("\n").partition("=")
            self.lines[name] = value
            if name == LAST_LINE:
                break
        else:
            raise RuntimeError("the server did not start")
        self.url = self.lines["KV_REST_API_URL"]
        self.token = self.lines["KV_REST_API_TOKEN"]
        self.read_only_token = self.lines["KV_REST_API_READ_ONLY_TOKEN"]
        self.redis_url = self.lines[LAST_LINE]

    def redis_url_for(self, authority):
        """Where RESP is for somebody else: `user:password@`, or nothing."""
        return f"redis://{authority}{urlsplit(self.redis_url).netloc.rpartition('@')[2]}"

    def stop(self, with_signal=signal.SIGTERM):
        """Ends the process; the data stay."""
        self.process.send_signal(with_signal)
        self.process.stdout.close()
        return self.process.wait()

    def restart(self, with_signal=signal.SIGTERM):
        """Ends the process and starts another on the same data and ports, where clients find it again."""
        self.stop(with_signal)
        self._spawn(urlsplit(self.url).netloc, urlsplit(self.redis_url).netloc.rpartition("@")[2])

    def remove(self):
        """Ends the process and takes its data away."""
        if self.process.poll() is None:
            self.stop()
        shutil.rmtree(self.directory)
