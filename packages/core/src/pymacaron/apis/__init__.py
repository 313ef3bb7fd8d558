"""The API that every service has: /ping, /ready and /version."""
