"""The browser side: what a site loads instead of the pixels."""
