"""The DMP of the contract tests, for strangers."""

from tests.contract.dmp.conftest import dmp, home

__all__ = ["dmp", "home"]
