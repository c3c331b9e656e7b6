"""``python -m documents.letter_worker``: makes letters for its parent, through pipes."""

import sys

from documents.letters import serve

if __name__ == "__main__":
    serve(sys.stdin.buffer, sys.stdout.buffer)
