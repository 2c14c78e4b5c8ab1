"""What a request whose body is read while it comes is known by, for whoever sends it and whoever answers."""

STREAMS = "api/streams/"
"""What the paths of such requests begin with."""

COMMAND = "Comity-Command"
"""The header with the command, as JSON; it stands in no address, for those stand in logs."""

BODY = "comity.body"
"""Where a WSGI application finds the body: a `ByteStream`, empty where the request came whole."""
