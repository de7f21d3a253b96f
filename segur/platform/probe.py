"""The container's health check: `python -m segur.platform.probe` exits 0 when the role of this container is ready.

Its one line of output is kept by the container engine and names what is missing.
"""

from __future__ import annotations

import os
import sys
import urllib.error
import urllib.request


def main() -> int:
    """Ask the admin port; 0 ready, 1 not."""
    url = f"http://127.0.0.1:{os.environ.get('SEGUR_ADMIN_PORT', '0')}/_segur/health"
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(url, timeout=3) as answer:
            print(answer.read().decode())
            return 0
    except urllib.error.HTTPError as refusal:
        print(refusal.read().decode())
    except OSError as error:
        print(f"{url}: {error}")
    return 1


if __name__ == "__main__":
    sys.exit(main())
