"""数字政府: service items, cases, one-things and their ratings."""
