"""门户: the one address and the faces in the browser."""
