"""数字法治: norms, enforcement, rectification, mediation; nothing of them yet."""
