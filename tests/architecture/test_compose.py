"""What docker-compose.yaml promises, checked without docker: no secret in it, nobody root, everything watched and pinned."""

import re
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
TEXT = (ROOT / "docker-compose.yaml").read_text(encoding="utf-8")
COMPOSE = yaml.safe_load(TEXT)
SERVICES = COMPOSE["services"]
OF_AIRFLOW = ("api-server", "scheduler", "dag-processor", "triggerer", "worker")
ONCE = ("init",)
VARIABLE = re.compile(r"(?<!\$)\$\{([A-Z0-9_]+)([^}]*)\}")
SECRET = re.compile(r"PASSWORD|SECRET|FERNET|API_KEY$|REDISCLI_AUTH|SQL_ALCHEMY_CONN|BROKER_URL|RESULT_BACKEND|DATABASE_URL")


def environment_of(name):
    return SERVICES[name].get("environment", {})


def test_it_has_the_processes_of_a_cluster():
    assert set(SERVICES) == {*OF_AIRFLOW, *ONCE, "postgres", "redis", "objectstore", "simulator"}
    assert SERVICES["simulator"]["profiles"] == ["simulator"]


@pytest.mark.parametrize("name", SERVICES)
def test_every_service_is_watched_and_comes_back(name):
    if name in ONCE:
        assert SERVICES[name]["healthcheck"] == {"disable": True}
        assert SERVICES[name]["restart"].startswith("on-failure:")
    else:
        assert {"test", "interval", "timeout", "retries", "start_period"} <= set(SERVICES[name]["healthcheck"])
        assert SERVICES[name]["restart"] == "unless-stopped"


@pytest.mark.parametrize("name", SERVICES)
def test_no_service_is_root_or_can_become_it(name):
    assert SERVICES[name]["user"].split(":")[0] not in {"0", "root"}
    assert SERVICES[name]["cap_drop"] == ["ALL"]
    assert SERVICES[name]["security_opt"] == ["no-new-privileges:true"]
    assert not SERVICES[name].get("privileged")


@pytest.mark.parametrize("name", SERVICES)
def test_no_service_fills_the_disk_with_its_log_or_the_machine_with_its_memory(name):
    assert set(SERVICES[name]["logging"]["options"]) == {"max-size", "max-file"}
    assert SERVICES[name]["deploy"]["resources"]["limits"]["memory"]


@pytest.mark.parametrize("name", SERVICES)
def test_no_service_writes_into_its_image_or_starts_processes_without_end(name):
    assert SERVICES[name]["pids_limit"] <= 4096
    # Airflow writes its configuration and its caches into its home.
    assert name in OF_AIRFLOW + ONCE or (SERVICES[name]["read_only"] and "/tmp" in SERVICES[name]["tmpfs"])


def test_what_keeps_data_has_a_network_of_its_own_without_a_way_out():
    kept = {"postgres": "database", "redis": "queue", "objectstore": "lake"}
    assert COMPOSE["networks"] == {network: {"internal": True} for network in kept.values()}
    for name, service in SERVICES.items():
        if name in kept:
            assert service["networks"] == [kept[name]]
        elif name in OF_AIRFLOW + ONCE:
            assert set(service["networks"]) == {"default", *kept.values()}
        else:
            assert "networks" not in service, "no network but the default one, where no data is"


def test_a_user_of_the_queue_is_no_administrator_of_it():
    start = SERVICES["redis"]["entrypoint"][-1]
    assert "user default reset on >$$REDIS_PASSWORD ~* &* +@all -@admin" in start
    assert "nopass" not in start


@pytest.mark.parametrize("name", SERVICES)
def test_every_image_is_pinned_or_built_here(name):
    service = SERVICES[name]
    tag = service["image"].rpartition("/")[2].partition(":")[2]
    assert tag
    assert not tag.startswith("latest")
    if "build" in service:
        assert f" AS {service['build']['target']}\n" in (ROOT / "Dockerfile").read_text(encoding="utf-8")
    else:
        assert re.search(r":\d+\.\d+", service["image"]), "a tag that moves is not pinned"


def test_the_images_that_are_built_here_start_from_pinned_ones():
    froms = re.findall(r"^FROM (\S+)", (ROOT / "Dockerfile").read_text(encoding="utf-8"), re.MULTILINE)
    assert froms
    for image in froms:
        assert re.search(r":v?\d+\.\d+\.\d+", image), image


def test_the_image_has_the_pinned_airflow():
    (pinned,) = re.findall(r"^apache-airflow==(\S+)$", (ROOT / "constraints.txt").read_text(encoding="utf-8"), re.MULTILINE)
    assert f"FROM apache/airflow:{pinned}-python3." in (ROOT / "Dockerfile").read_text(encoding="utf-8")


def test_no_secret_stands_in_the_file_and_none_may_be_left_out():
    for name in SERVICES:
        for key, value in environment_of(name).items():
            if SECRET.search(key):
                assert VARIABLE.search(str(value)), f"{name}: {key}"
    for variable, rest in VARIABLE.findall(TEXT):
        if SECRET.search(variable) and variable != "OPENAI_API_KEY":
            assert rest.startswith(":?"), f"{variable} must be given"


def test_every_variable_is_explained_in_the_example_and_every_explained_one_is_used():
    example = (ROOT / ".env.example").read_text(encoding="utf-8")
    must = set(re.findall(r"^([A-Z0-9_]+)=$", example, re.MULTILINE))
    may = dict(re.findall(r"^#([A-Z0-9_]+)=(.*)$", example, re.MULTILINE))
    used = dict(VARIABLE.findall(TEXT))
    assert must == {name for name, rest in used.items() if rest.startswith(":?")}
    assert may == {name: rest.removeprefix(":-") for name, rest in used.items() if rest.startswith(":-")}


def test_all_processes_of_airflow_read_the_same_settings():
    common = environment_of("scheduler")
    for name in OF_AIRFLOW + ONCE:
        own = environment_of(name)
        assert {key: own[key] for key in common} == common, name
        assert {tuple(volume.split(":")[:2]) for volume in SERVICES[name]["volumes"]} == {
            ("./include", "/opt/semtel/include"),
            ("airflow-logs", "/opt/airflow/logs"),
        }


def test_airflow_knows_every_setting_it_is_given():
    from airflow.configuration import conf

    celery = pytest.importorskip("airflow.providers.celery.get_provider_info", reason="needs the extra cluster: make install")

    known = {(section, option) for section, held in conf.configuration_description.items() for option in held["options"]}
    known |= {(section, option) for section, held in celery.get_provider_info()["config"].items() for option in held["options"]}
    given = [key.split("__")[1:] for key in environment_of("scheduler") if key.startswith("AIRFLOW__")]
    assert given
    for section, option in given:
        assert (section.lower(), option.lower()) in known, f"[{section.lower()}] {option.lower()}"


def test_the_library_knows_every_setting_it_is_given():
    from semtel_ops.settings import Settings

    ours = {key: value for key, value in environment_of("worker").items() if key.startswith("SEMTEL_") or key == "DATABASE_URL"}
    settings = Settings.from_env(ours)
    assert settings.lake.startswith("s3://")
    assert len(settings.model_fields_set) == len(ours)


@pytest.mark.parametrize("name", OF_AIRFLOW)
def test_airflow_waits_for_what_it_needs(name):
    assert SERVICES[name]["depends_on"] == {
        "init": {"condition": "service_completed_successfully"},
        "postgres": {"condition": "service_healthy"},
        "redis": {"condition": "service_healthy"},
        "objectstore": {"condition": "service_healthy"},
    }


def test_only_airflows_page_is_reached_from_outside_and_by_default_from_this_machine_alone():
    published = {name: service["ports"] for name, service in SERVICES.items() if "ports" in service}
    assert published == {"api-server": ["${BIND_ADDRESS:-127.0.0.1}:${AIRFLOW_PORT:-8080}:8080"]}


def test_what_is_mounted_and_copied_is_there():
    for name, service in SERVICES.items():
        for volume in service.get("volumes", ()):
            source = volume.partition(":")[0]
            if source.startswith("."):
                assert (ROOT / source).is_dir(), f"{name}: {source}"
            else:
                assert source in COMPOSE["volumes"], f"{name}: {source}"
    shipped = set(re.findall(r"^!(\S+)$", (ROOT / ".dockerignore").read_text(encoding="utf-8"), re.MULTILINE))
    for line in re.findall(r"^COPY --chown=airflow:0 (.+)$", (ROOT / "Dockerfile").read_text(encoding="utf-8"), re.MULTILINE):
        for path in line.split()[:-1]:
            assert (ROOT / path).exists(), path
            assert path in shipped, f"{path} is kept out by .dockerignore"


def test_the_simulator_is_an_endpoint_the_library_takes():
    from semtel_ops.endpoints.catalog import load_endpoints

    (endpoint,) = load_endpoints(ROOT / "include" / "config" / "endpoints.simulator.yaml")
    port = SERVICES["simulator"]["entrypoint"][SERVICES["simulator"]["entrypoint"].index("--port") + 1]
    assert endpoint.base_url == f"http://simulator:{port}/v1"
    assert endpoint.model.startswith("simulated"), "reports say so wherever labels are shown"
