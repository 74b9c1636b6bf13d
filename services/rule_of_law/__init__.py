"""数字法治: the legality review; norms, enforcement, rectification and mediation are to come."""
