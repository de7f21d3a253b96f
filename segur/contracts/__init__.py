"""The facts services tell one another: past tense, in the words of the domain, one topic per aggregate kind.

A fact's class says what it means and what it carries; `fact.py` registers it, `cloudevents.py` puts it on the wire,
`asyncapi.py` describes all of them. Bodies hold ids, digests and pseudonyms, never documents nor an INS.
"""

from segur.contracts import annuaire, dmp, drim, gateway, ins, mes, mssante, psc, psc_edc
from segur.contracts.fact import CATALOGUE, Envelope, Fact, topic_of

__all__ = [
    "CATALOGUE",
    "Envelope",
    "Fact",
    "annuaire",
    "dmp",
    "drim",
    "gateway",
    "ins",
    "mes",
    "mssante",
    "psc",
    "psc_edc",
    "topic_of",
]
