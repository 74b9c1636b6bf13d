"""One folder is one service; none imports another."""
