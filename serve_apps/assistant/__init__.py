"""The deployment that runs pipelines."""
