"""Processes that end with whoever started them, and busy loops that make a machine slow."""

import os
import signal
import subprocess
import sys
import tempfile


def end(process):
    """Ends a process that leads a process group, and what is left of the group."""
    if process.poll() is None:
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            pass
    try:
        os.killpg(process.pid, signal.SIGKILL)
    except ProcessLookupError:
        pass
    process.wait()


class Started:
    """A command in a process group of its own, which ends with the block."""

    running = set()

    def __init__(self, command, **options):
        self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL, start_new_session=True, **options)
        self.running.add(self.process)

    def __enter__(self):
        return self.process

    def __exit__(self, *_):
        end(self.process)
        self.running.discard(self.process)

    @classmethod
    def end_all(cls):
        """Ends those of all threads."""
        for process in list(cls.running):
            process.terminate()


class Loops:
    """Busy loops, which end with the block, and by themselves where this process is killed."""

    SOURCE = "import os\nwhile os.getppid() == {parent}:\n    for _ in range(1_000_000): pass"

    def __init__(self, count):
        self.count = count
        self.processes = []

    def __enter__(self):
        source = self.SOURCE.format(parent=os.getpid())
        for _ in range(self.count):
            self.processes.append(subprocess.Popen([sys.executable, "-c", source]))

    def __exit__(self, *_):
        for process in self.processes:
            process.kill()
            process.wait()


def run(command, **options):
    """Runs a command to its end: the exit status, and all that it wrote."""
    with tempfile.TemporaryFile() as file:
        with Started(command, stdout=file, stderr=subprocess.STDOUT, **options) as process:
            status = process.wait()
        file.seek(0)
        return status, file.read().decode(errors="replace")
