"""rule_of_law: norms, enforcement, rectification, mediation, reconsideration; publishes nothing of its own yet."""
