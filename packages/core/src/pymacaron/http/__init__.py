"""From a request to the handler's arguments, and from what it returns to a response."""
