"""The plugin host: hooks, the records that they return, and what finds, loads and checks plugins."""
