"""The module that registers pymacaron-gcp with the plugin host; it implements no hook yet."""
