"""Every problem of an OpenAPI document, told with its place and what to do: the rules, and what runs them."""
