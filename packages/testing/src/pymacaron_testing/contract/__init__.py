"""The contract of a service, held against what its callers and it said to each other while tests ran."""
