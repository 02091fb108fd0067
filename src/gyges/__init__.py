"""Gyges: controlled experiments on power-seeking in AI models."""
