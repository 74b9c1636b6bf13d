"""The catalogue as this system is delivered."""
