"""What bureaus keep of estates and their committees."""

from committees.models.bodies import Committee
from committees.models.records import EstateRecord, RegisterImport

__all__ = ["Committee", "EstateRecord", "RegisterImport"]
