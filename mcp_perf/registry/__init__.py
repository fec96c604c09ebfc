"""Families and their series: names, labels, the cap on series, and the snapshot that readers get."""
