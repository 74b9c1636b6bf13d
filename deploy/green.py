"""Makes this process green: imported before anything else by every program that serves.

eventlet replaces the blocking parts of the standard library, and psycopg2's waiting, by ones that
let other green threads run; that works only for what is imported afterwards.
"""

from __future__ import annotations

import warnings

with warnings.catch_warnings():
    # eventlet announces its own retirement at import; nameko 2 stands on it.
    warnings.filterwarnings("ignore", message="(?s).*Eventlet is deprecated")
    import eventlet

eventlet.monkey_patch()
