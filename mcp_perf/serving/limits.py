"""What clients can take of the server, whatever they do."""

CONNECTIONS = 16  # at once, each with a thread; more wait in the backlog
BACKLOG = 128
ASKING_SECONDS = 10.0  # from being accepted, through the handshake, to the end of the request's head
ANSWERING_SECONDS = 30.0  # from the first byte of the answer to the last
LINGERING_SECONDS = 1.0  # for the client to take the end of the answer
HEAD_BYTES = 32 * 1024  # of a request: its first line and its header fields
JOINING_SECONDS = 2.0  # for threads to end, when the server closes
