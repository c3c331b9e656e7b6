"""Divisions, authorities, estates, units and owners; what owners ask about their own data."""

from registry.models.personal import DataRequest, NumberCheck, PhoneChange, RollNotice
from registry.models.proposals import RollProposal
from registry.models.roll import (
    Authority,
    Building,
    ColumnMapping,
    Division,
    Estate,
    Finding,
    Owner,
    Ownership,
    PropertyManagerStaff,
    RollImport,
    RuleProfile,
    Unit,
)

__all__ = [
    "Authority",
    "Building",
    "ColumnMapping",
    "DataRequest",
    "Division",
    "Estate",
    "Finding",
    "NumberCheck",
    "Owner",
    "Ownership",
    "PhoneChange",
    "PropertyManagerStaff",
    "RollImport",
    "RollNotice",
    "RollProposal",
    "RuleProfile",
    "Unit",
]
