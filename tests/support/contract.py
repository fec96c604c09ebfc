"""The contract: what holds of every adapter. Each adapter's test class inherits `AdapterContract`.

A test class gives the hooks at the top of `AdapterHooks` and, where its framework differs, the class
attributes. The application that it builds is described in `support.shop`.
"""

from support.contract_endings import EndingsContract
from support.contract_faults import FaultsContract
from support.contract_labels import LabelsContract
from support.contract_metrics import MetricsContract
from support.contract_settings import SettingsContract
from support.contract_tracing import TracingContract


class AdapterContract(
    EndingsContract, LabelsContract, SettingsContract, FaultsContract, MetricsContract, TracingContract
):
    """All of it."""
