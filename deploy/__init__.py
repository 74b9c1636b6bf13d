"""How Qiantang runs: system packages, servers, the one-process runner and the command line.

Importing this package must need nothing but the standard library: set-up runs before the
virtual environment exists.
"""
