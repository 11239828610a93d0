"""The versions of the interface."""
