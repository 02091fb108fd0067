"""What Gyges costs, measured."""
