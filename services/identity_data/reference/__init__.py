"""The province's reference data: divisions, organs, and synthetic people and enterprises."""
