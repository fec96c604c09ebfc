"""Where the workers of a service meet: whom they have in common, and the directory that they share."""
