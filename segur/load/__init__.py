"""Load over the public doors: calls arrive by schedule, whatever answers take; what was acknowledged is sought.

`driver` sends, `profiles` say what is sent and judge what came of it, `bench` compares with peers in the same run.
"""
