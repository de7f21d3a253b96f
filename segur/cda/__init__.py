"""CDA R2 documents beyond their metadata: judged, shown and made.

- `segur.cda.check` (module `minimal`): the French minimal structure as a table of rules, all findings at once;
- `segur.cda.official`: the schematrons and schemas of the ANS that a user downloaded, several editions side by side;
- `segur.cda.render`: a page a person can read, in which nothing of the document can run;
- `segur.cda.make`: documents of the synthetic country, at level 1 and 3.

Reading a header and writing XDS metadata are arithmetic and stay in `segur.wire.cda`. [DMP digest 5]
"""
