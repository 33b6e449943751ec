"""The door: HTTP in, roles of the cast out. Knows wire shapes and status codes, not how anything is answered."""
