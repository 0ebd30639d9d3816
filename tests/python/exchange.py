"""What the tests in this folder share: the program under test, and a folder for each test."""

import pathlib
import subprocess
import sys
import tempfile
import unittest

PROGRAM, SHARED = sys.argv[1], sys.argv[2]


def run(*words):
    """`nnpoisson` with these words, which must succeed without a complaint; its standard output."""
    ended = subprocess.run([PROGRAM, *map(str, words)], capture_output=True, text=True)
    assert (
        ended.returncode == 0 and not ended.stderr
    ), f"{words}: {ended.returncode}: {ended.stderr}"
    return ended.stdout


class Exchange(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
