"""What-if jobs: scenarios on copies of one base, each re-planned, refereed and scored; the books are never touched."""
