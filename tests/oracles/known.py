"""Known differences between a front and a server.

A known difference is written as a change of the server's observation, so that only this exact difference is known. Every other
difference is a fault of Lodger, or of the change.
"""

import dataclasses

from changes import add_octet_stream, remove_empty_query, set_length_of_chunked_body


@dataclasses.dataclass(frozen=True)
class Known:
    """A known difference. Rules are those of `tests/README.md`."""

    key: str
    # Names of fronts, separated by spaces, or `all`.
    fronts: str
    rule: str
    reason: str
    # Changes the request that the app sees.
    request: callable = None
    # Changes the response that the client receives.
    response: callable = None
    # Returns the status, content type and body of another response, or nothing.
    replacement: callable = None

    def applies_to(self, front):
        return self.fronts == "all" or front in self.fronts.split()

    def apply(self, front, sent, observation):
        """Changes the observation of a server to that behind the front."""
        if not self.applies_to(front):
            return
        if self.request and "request" in observation:
            self.request(sent, observation["request"])
        if self.response and "request" not in observation:
            self.response(sent, observation)
        replacement = self.replacement and self.replacement(sent, observation)
        if replacement:
            status, content_type, body = replacement
            observation.clear()
            headers = {"content-type": [content_type]} if content_type else {}
            observation.update(status=status, headers=headers, body=body)


def panic(status, content_type, body):
    """Replaces the closed connection of a server whose app panics."""
    return lambda sent, observation: observation["status"] == "no response" and (status, content_type, body)


PANIC_IS_500 = panic(500, "text/plain; charset=utf-8", "internal server error")

# Differences of Lambda, or of each front of Lambda.
ON_LAMBDA = [
    Known("panic", "all", "115", "a panic ends the connection of a server, and is a 500 on Lambda", replacement=PANIC_IS_500),
    Known("chunked", "all", "57", "a body arrives complete, and has a length", request=set_length_of_chunked_body),
    Known("?", "all", "31", "an event with an empty query is an event without a query", request=remove_empty_query),
    Known("type", "all", "88", "a body without a type gets application/octet-stream", response=add_octet_stream),
]
