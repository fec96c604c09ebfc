"""Gunicorn's settings where many workers follow each other; a version that does not know one ignores it."""

control_socket_disable = True  # else it is begun anew at each fork, which takes longer than the fork
