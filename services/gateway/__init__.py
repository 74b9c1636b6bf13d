"""门户: the one address and, later, the browser faces."""
