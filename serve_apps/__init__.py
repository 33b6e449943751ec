"""What callers reach: one folder, one Serve application. Folders here never know each other's insides."""
