"""Raw data lives here and nowhere else."""
