"""Network faults, shown at the edge."""

from segur.kernel.faults import FaultPoint

LATENCY = FaultPoint(
    "gateway.network.latency", "http", "une réponse tardive (delay_ms)", "Réseau lent, ou service national chargé."
)
UNAVAILABLE = FaultPoint(
    "gateway.upstream.unavailable",
    "http",
    "503 Service Unavailable",
    "Le service national est arrêté ou en maintenance.",
)
POINTS = (LATENCY, UNAVAILABLE)
