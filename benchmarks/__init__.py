"""The suite: real and made-up worlds, the schedulers that people use as baselines, and what is measured on them."""
