"""Where numbers lie: runs of float64 slots, and the grid that says what each slot counts."""
