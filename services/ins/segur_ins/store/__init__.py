"""What INSi keeps: the register of identities, and the files of identities to verify."""

from segur_ins.store.batches import Batches
from segur_ins.store.register import Register

__all__ = ["Batches", "Register"]
