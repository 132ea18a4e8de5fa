"""The ad networks' places, taken by stand-ins that share no line with the forwarder they check."""
