"""What operators look at: rules, runbooks, and the dashboard."""
