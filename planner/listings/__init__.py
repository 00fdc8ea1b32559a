"""Listings: what there is, row by row, as its readers may see it; each begins where the last one ended."""
