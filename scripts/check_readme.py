"""Run the commands of README.md in blocks marked ```sh run, so that it stays true."""

import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent


def main() -> int:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    blocks = re.findall(r"```sh run\n(.*?)```", text, flags=re.DOTALL)
    if not blocks:
        sys.stderr.write("README.md has no block marked `sh run`\n")
        return 1
    for block in blocks:
        sys.stdout.write(f"$ {block.strip()}\n")
        sys.stdout.flush()
        done = subprocess.run(
            ["/bin/bash", "-euo", "pipefail", "-c", block], cwd=ROOT, check=False
        )
        if done.returncode:
            sys.stderr.write(f"README.md: a command failed with status {done.returncode}\n")
            return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
