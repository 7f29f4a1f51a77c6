"""The kernels without Odoo: each ORM-free package of the addons, loaded as a package of its own."""
import importlib.util
import sys
from pathlib import Path

import pytest
from hypothesis import settings

# The same examples in every run, at any speed of the machine. Others: --hypothesis-profile=explore.
settings.register_profile("suite", derandomize=True, deadline=None)
settings.register_profile("explore", deadline=None)
settings.load_profile("suite")

ROOT = Path(__file__).resolve().parents[2]
KERNELS = {
    "distribution_attribution": ROOT / "distribution_core" / "attribution",
    "distribution_crypto": ROOT / "distribution_core" / "crypto",
    "distribution_compliance": ROOT / "distribution_core" / "compliance",
    "distribution_engine": ROOT / "distribution_commission" / "engine",
    "distribution_tax": ROOT / "distribution_commission" / "tax",
    "distribution_poster": ROOT / "distribution_portal" / "poster",
    "distribution_wechat_client": ROOT / "distribution_wechat" / "wechat",
}


def load(name, folder):
    spec = importlib.util.spec_from_file_location(
        name, folder / "__init__.py", submodule_search_locations=[str(folder)])
    module = sys.modules[name] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)


for kernel, path in KERNELS.items():
    if (path / "__init__.py").exists():
        load(kernel, path)


@pytest.fixture(scope="session")
def process():
    """The WeChat platform for tests, in a process of its own; who uses it begins with `tell('reset')`."""
    spec = importlib.util.spec_from_file_location("wechat_process", ROOT / "tests" / "fakes" / "wechat_process.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    fake = module.FakeWechat()
    yield fake
    fake.stop()
