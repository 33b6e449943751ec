"""Owns one question from its first token to its last."""
