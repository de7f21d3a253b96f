"""The Web-PS site of the DMP: pages a professional's software opens on a patient, `/AccesDirect/…` [DMP digest 1.9].

TD0.9: with a card, whose certificate the browser shows to the edge. TD0.10: with Pro Santé Connect, in the session the
browser has already, without a second login. `door` holds the pages, `login` the way through PSC, `session` the cookies.
"""
