"""How well a DMP fits what is known of a patient without INS [DMP digest 1.4].

The national score is not published. Ours weighs the traits that were given: family name, given name, birth date, sex,
place of living; a trait that was not given counts for nothing.
"""

from __future__ import annotations

from segur.wire.hl7v3_candidates import Traits
from segur_dmp.domain.account import Account, search_key

_WEIGHTS = {"family": 40, "given": 25, "birth": 25, "gender": 5, "place": 5}


def score(account: Account, traits: Traits) -> int:
    """The match in percent, 0 when the family name is another."""
    family = search_key(traits.family_name)
    if family not in (search_key(account.birth_name), search_key(account.used_name)):
        return 0
    fits = {"family": True}
    if traits.given_name:
        fits["given"] = search_key(traits.given_name) in {search_key(name) for name in account.given}
    if traits.birth_date:
        fits["birth"] = account.birth_date.startswith(traits.birth_date[:8])
    if traits.gender:
        fits["gender"] = account.sex == traits.gender[:1]
    if traits.postal_code or traits.city:
        code, city = account.postal_code == traits.postal_code, search_key(account.city) == search_key(traits.city)
        fits["place"] = code if traits.postal_code else city
    asked = sum(_WEIGHTS[name] for name in fits)
    return round(100 * sum(_WEIGHTS[name] for name, fit in fits.items() if fit) / asked)
