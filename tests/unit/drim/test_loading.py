"""pydicom is loaded by the first who needs it, in a thread, while another thread may already build with it."""

from __future__ import annotations

import subprocess
import sys

import pytest

PROGRAM = """
import sys, threading, time

class Slow:
    reached = threading.Event()

    @classmethod
    def find_spec(cls, name, path=None, target=None):
        if name == "pydicom.filewriter":  # what comes after pydicom.dataset, and makes the package whole
            cls.reached.set()
            time.sleep(0.4)
        return None

sys.meta_path.insert(0, Slow)
from datetime import UTC, datetime
from segur.personas import samples_dicom
from segur.personas.country import build_country
from segur_drim.domain import kos

patient = build_country().patient("P1")
loading = threading.Thread(target=kos.warm_up)
loading.start()
assert Slow.reached.wait(10)
{use}
loading.join()
"""
USES = {
    "building a KOS": """
from pydicom.dataset import Dataset  # there already, waits for nobody
empty = Dataset()
empty.SOPInstanceUID = "1.2.3"
assert kos.part10(empty, kos_uid="1.2.3")
""",
    "making images": """
assert samples_dicom.ct_study(patient, study_uid="1.2.3", accession="A", at=datetime.now(UTC), slices=1)
""",
}


@pytest.mark.parametrize("use", USES.values(), ids=USES)
def test_who_comes_while_it_is_being_loaded_waits_for_the_whole(use: str) -> None:
    program = [sys.executable, "-c", PROGRAM.replace("{use}", use)]
    told = subprocess.run(program, capture_output=True, text=True, timeout=50)
    assert (told.returncode, told.stderr) == (0, "")
