"""The page for Java editors shows the code that runs."""

from __future__ import annotations

import re
from pathlib import Path

HERE = Path(__file__).parent
PAGE = HERE.parents[2] / "docs" / "java-client.md"


def test_each_line_of_java_on_the_page_is_in_the_program() -> None:
    source = "\n".join(file.read_text() for file in (HERE / "java").rglob("*.java"))
    lines = {line.strip() for line in source.splitlines()}
    blocks = re.findall(r"```java\n(.*?)```", PAGE.read_text(), re.DOTALL)
    shown = [line.strip() for block in blocks for line in block.splitlines() if line.strip()]
    assert len(shown) > 10
    assert [line for line in shown if line not in lines] == []
