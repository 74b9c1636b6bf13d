"""Systems outside Qiantang, for the demo: each is a program of its own that stands on the client
and the contracts alone."""
