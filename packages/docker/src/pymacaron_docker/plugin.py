"""The module that registers pymacaron-docker with the plugin host; it implements no hook yet."""
