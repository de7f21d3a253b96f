"""Simulated software of editors: what stories drive, with ordinary clients over the outside doors."""
