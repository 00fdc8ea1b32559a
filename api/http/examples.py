"""What the OpenAPI pages show as a request that works."""

RESERVATION = {
    "kind": "Reservation",
    "metadata": {"name": "autumn", "namespace": "acme"},
    "spec": {"where": {"province": "Guangdong"}, "amounts": {"cpu": "8000"}},
}
SOLVE = {
    "applications": [
        {
            "apiVersion": "bayplan.io/v1alpha1",
            "kind": "Application",
            "metadata": {"name": "render", "namespace": "acme"},
            "spec": {
                "runtime": "container",
                "resources": {"cpu": "4", "memory": "8Gi"},
                "demand": [{"where": {"province": "Guangdong", "carrier": "telecom"}, "instances": 1000}],
                "spread": [{"over": "site", "maxShare": "30%", "minDomains": 3}],
            },
        }
    ],
    "options": {"then": "cost", "timeLimit": 5},
}

EXPLAIN = {
    "applications": [
        {
            **SOLVE["applications"][0],  # type: ignore[index]
            "metadata": {"name": "too-much", "namespace": "acme"},
        }
    ],
    "options": {"proof": 3, "counterOffers": 10},
}
