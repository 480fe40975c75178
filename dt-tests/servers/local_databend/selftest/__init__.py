"""Asserts what the local Databend promises, over raw HTTP: `python -m local_databend.selftest`."""
