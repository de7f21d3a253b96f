"""The control plane: what happened and why, and the levers.

Takes spans (OTLP/HTTP), journal entries and every fact in; shows them on one page and as JSON; holds fault rules and
sandboxes and hands them to the services through their admin routes. It serves nobody's patients: no national surface.
"""
