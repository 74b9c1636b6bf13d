"""How messages travel: envelope, outbox, relay, inbox and the transports under them."""
