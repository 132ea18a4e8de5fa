"""The shared room, in both zips: pure, typed, and without a place for free text."""
