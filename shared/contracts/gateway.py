"""gateway: the browser faces and the one address; publishes nothing of its own yet."""
