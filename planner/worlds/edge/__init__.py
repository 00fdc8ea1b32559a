"""The generated edge cloud: real cities and carriers, invented sites, servers, load and requests."""
