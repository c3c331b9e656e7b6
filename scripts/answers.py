"""Print the address of a service if it answers, else exit 1: postgres, redis, browser, node,
office."""

import os
import re
import shutil
import subprocess
import sys


def postgres() -> str | None:
    import psycopg

    tried = [os.environ.get("DATABASE_URL", "")]
    users = ("postgres", os.environ.get("USER", ""))
    tried += [f"postgres://{user}@127.0.0.1:5432/postgres" for user in users if user]
    for url in tried:
        if not url.startswith("postgres"):
            continue
        try:
            with psycopg.connect(url, connect_timeout=2) as connection:
                row = connection.execute(
                    "select rolcreatedb or rolsuper from pg_roles where rolname = current_user"
                ).fetchone()
        except psycopg.Error:
            continue
        if row and row[0]:
            return url
    return None


def redis() -> str | None:
    import redis as client

    url = os.environ.get("REDIS_URL") or "redis://127.0.0.1:6379/9"
    try:
        client.Redis.from_url(url, socket_connect_timeout=2).ping()
    except client.RedisError:
        return None
    return url


def browser() -> str | None:
    for name in ("chromium", "chromium-browser", "google-chrome"):
        if path := shutil.which(name):
            return path
    return None


def node() -> str | None:
    path = shutil.which("node")
    if not path:
        return None
    version = subprocess.run([path, "--version"], capture_output=True, text=True, check=True)
    match = re.match(r"v(\d+)", version.stdout)
    return path if match and int(match[1]) >= 20 else None


def office() -> str | None:
    return shutil.which("soffice")


if __name__ == "__main__":
    services = {
        "postgres": postgres,
        "redis": redis,
        "browser": browser,
        "node": node,
        "office": office,
    }
    found = services[sys.argv[1]]()
    if not found:
        sys.exit(1)
    sys.stdout.write(found + "\n")
