"""A sandbox in a process of its own: what another process may have it do, and how.

`python -m sandbox.control` serves an empty GitHub on one port and these commands on another, both on loopback,
until its standard input ends. `sandbox.remote` starts it and speaks to it. The control port is no part of GitHub.
"""
