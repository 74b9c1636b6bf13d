"""rule_of_law: norms, enforcement, mediation, reconsideration; publishes nothing of its own yet."""
