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
CUT = FaultPoint(
    "gateway.network.cut",
    "http",
    "la connexion coupée avant la réponse, après que le service a agi",
    "Coupure réseau au retour : le dépôt est fait mais l'appelant ne le sait pas et doit pouvoir rejouer.",
)
POINTS = (LATENCY, UNAVAILABLE, CUT)
