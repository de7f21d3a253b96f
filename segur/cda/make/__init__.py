"""Documents of the synthetic country, of any type the DMP takes: level 1 of all, level 3 of the models in `MODELS`.

The same arguments give the same bytes. What a document says is invented, and it says so itself. Builds on
`segur.personas.samples_cda`. [DMP digest 3.3, 5.2 to 5.4]
"""

from __future__ import annotations

from segur.cda.make.document import BODIES, MODELS, Request, make

__all__ = ["BODIES", "MODELS", "Request", "make"]
