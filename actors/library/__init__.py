"""The library: documents cut, indexed, found and replaced."""
