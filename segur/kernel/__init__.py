"""The floor every service stands on.

A service is described by `service.Service` and run by `runner.run`: it opens its store (`store`), publishes its outbox
and reads its facts (`bus`, `outbox`, `inbox`), serves its national surface and, on another port, its admin routes
(`http_server`, `admin`), traces everything (`tracing`) and stops gracefully. aiokafka and motor appear here only.
"""
