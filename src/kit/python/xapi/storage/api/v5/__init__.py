"""Version 5.0 of the interface: one module for each kind of method."""
