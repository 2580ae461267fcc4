# Two images: `airflow` (the default) runs every process of ours; `objectstore` is an S3 server that needs no root.
#
#   docker build -t semtel-airflow .

FROM versity/versitygw:v1.7.0 AS objectstore
RUN mkdir /data && chown 1000:1000 /data
USER 1000:1000
VOLUME /data

FROM apache/airflow:3.3.2-python3.12 AS wheel
WORKDIR /opt/build
COPY --chown=airflow:0 pyproject.toml README.md LICENSE ./
COPY --chown=airflow:0 semtel_ops semtel_ops
COPY --chown=airflow:0 plugins plugins
COPY --chown=airflow:0 dags dags
COPY --chown=airflow:0 include include
RUN pip wheel --no-cache-dir --no-deps --wheel-dir /tmp/wheels .

# The package brings plugin, provider and DAGs; include/ is beside it to be mounted over.
FROM apache/airflow:3.3.2-python3.12 AS airflow
WORKDIR /opt/semtel
COPY --chown=airflow:0 requirements.lock ./
COPY --chown=airflow:0 deploy deploy
COPY --chown=airflow:0 include include
COPY --from=wheel /tmp/wheels /tmp/wheels
# Each file that is installed has the hash that `make lock` wrote down; the wheel was built above.
RUN pip install --no-cache-dir --require-hashes --no-deps -r requirements.lock && pip install --no-cache-dir --no-deps /tmp/wheels/*.whl
