"""Several workers of one service: who they are, and what they share."""
