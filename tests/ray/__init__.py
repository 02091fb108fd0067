"""Runs on Ray clusters of this machine."""
