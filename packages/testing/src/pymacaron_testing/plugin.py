"""The module that registers pymacaron-testing with the plugin host; it implements no hook yet."""
