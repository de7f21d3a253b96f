"""Write constraints.txt: what the present environment holds, as plain `name==version` lines."""

import subprocess
import sys
from pathlib import Path

frozen = subprocess.run(
    [sys.executable, "-m", "pip", "freeze", "--exclude-editable"], check=True, capture_output=True, text=True
)
lines = sorted((line for line in frozen.stdout.splitlines() if "==" in line), key=str.lower)
Path(__file__).parents[1].joinpath("constraints.txt").write_text("\n".join(lines) + "\n")
print(f"{len(lines)} packages pinned")
