"""HTTP as it is, for what the official clients do not show."""
import json
import urllib.error
import urllib.request


def http(method, url, body=None, headers=None, key=None):
    """Status, headers by lower-case name, body; never raises for a status."""
    headers = {"content-type": "application/json", **(headers or {})}
    if key:
        headers["authorization"] = "Bearer " + key
    request = urllib.request.Request(url, method=method, headers=headers,
                                     data=None if body is None else json.dumps(body).encode())
    try:
        with urllib.request.urlopen(request, timeout=60) as answer:
            return answer.status, {k.lower(): v for k, v in answer.headers.items()}, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, {k.lower(): v for k, v in error.headers.items()}, error.read().decode()
