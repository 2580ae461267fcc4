"""What Airflow learns of this distribution: provider, connection type with its form, hook, bundle."""

import subprocess
import sys
from typing import get_args

import pytest
from airflow._shared.module_loading import import_string
from airflow.providers_manager import ProvidersManager

from semtel_airflow.bundles import SemtelDagBundle
from semtel_airflow.provider import CONNECTION_TYPE, get_provider_info
from semtel_ops.endpoints.catalog import entry_type
from semtel_ops.endpoints.factory import DEFAULT_KIND, KINDS
from semtel_ops.endpoints.kinds.azure import AzureOptions

pytestmark = pytest.mark.airflow

INFO = get_provider_info()
(TYPE,) = INFO["connection-types"]


def test_airflow_lists_the_provider_with_the_version_of_the_library():
    import semtel_ops

    provider = ProvidersManager().providers["semtel-ops"]
    assert provider.version == semtel_ops.__version__
    assert provider.data["connection-types"] == INFO["connection-types"]


def test_every_class_and_module_that_is_named_can_be_imported():
    classes = [TYPE["hook-class-name"], *INFO["notifications"], *INFO["extra-links"]]
    for name in classes:
        assert isinstance(import_string(name), type), name
    kinds = [kind for kind in ("operators", "hooks", "triggers", "bundles") if INFO[kind]]
    modules = [name for kind in kinds for entry in INFO[kind] for name in entry["python-modules"]]
    assert len(modules) == 4
    for name in modules:
        __import__(name)


def test_the_hook_says_of_itself_what_the_provider_says_of_it():
    hook = import_string(TYPE["hook-class-name"])
    assert (hook.conn_type, hook.hook_name) == (CONNECTION_TYPE, TYPE["hook-name"]) == (TYPE["connection-type"], hook.hook_name)


def test_airflow_shows_the_form_as_it_was_meant():
    from airflow.api_fastapi.core_api.services.ui.connections import HookMetaService

    (shown,) = [hook for hook in HookMetaService.hook_meta_data() if hook.connection_type == CONNECTION_TYPE]
    standard = shown.standard_fields
    assert (standard.host.title, standard.password.title) == ("Base URL", "API key")
    assert standard.url_schema.hidden
    assert standard.login.hidden
    assert standard.port.hidden
    assert list(shown.extra_fields) == ["kind", "model", "deployment", "api_version", "auth"]
    assert shown.extra_fields["kind"]["schema"]["enum"] == list(KINDS)


def test_the_menus_offer_what_endpoints_yaml_takes():
    kinds, auth = (TYPE["conn-fields"][name]["schema"] for name in ("kind", "auth"))
    assert (tuple(kinds["enum"]), kinds["default"]) == (tuple(KINDS), DEFAULT_KIND)
    field = AzureOptions.model_fields["auth"]
    assert (tuple(auth["enum"]), auth["default"]) == (get_args(field.annotation), field.default)


def test_every_field_of_the_form_is_a_setting_of_endpoints_yaml():
    settings = {name for kind in KINDS.values() for name in entry_type(kind).model_fields}
    assert set(TYPE["conn-fields"]) <= settings


def test_the_bundle_holds_the_dags_of_this_checkout(project_root):
    bundle = SemtelDagBundle(name="semtel")
    assert bundle.path == project_root / "dags"
    assert bundle.get_current_version() is None


def test_asking_what_is_provided_imports_nothing_but_that():
    code = (
        "import sys; from semtel_airflow.provider import get_provider_info; get_provider_info();"
        "print(sorted({name.partition('.')[0] for name in sys.modules} & {'airflow', 'semtel_ops', 'pydantic', 'openai'}))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=600, check=True)
    assert done.stdout == "[]\n"
