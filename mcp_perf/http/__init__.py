"""The one HTTP policy: what a request is called, how its ending is labelled, what is left out."""
