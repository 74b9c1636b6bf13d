"""What all services stand on; never a noun of one application outside contracts and policies."""
