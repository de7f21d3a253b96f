"""A CDA as one HTML page: header in short, PDF copy first, then the sections. [DMP digest 5.1]

The page is ours from end to end: elements are made one by one from a list of known ones, so that no markup, script,
style or address of the document gets through; the producer's own stylesheet (self-presenting documents) is never run.
`CONTENT_SECURITY_POLICY` says the same to the browser once more: send it with the page.
"""

from __future__ import annotations

from segur.cda.render.page import CONTENT_SECURITY_POLICY, render

__all__ = ["CONTENT_SECURITY_POLICY", "render"]
