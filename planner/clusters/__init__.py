"""Which Kubernetes cluster each server belongs to, and which cluster a site's servers change to as the cloud grows."""
