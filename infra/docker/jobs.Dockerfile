# The image of every job: retraining, reports, the MLflow server. The task definition's command says which.
#   docker build --file infra/docker/jobs.Dockerfile --tag mlops-jobs .
#checkov:skip=CKV_DOCKER_7:the tag is in BASE, 3.11-slim, which checkov does not look up
#checkov:skip=CKV_DOCKER_2:jobs end by themselves; the balancer checks the health of the MLflow server
ARG BASE=python:3.11-slim

# What the jobs need, at the lock's versions. The package is still empty here, so that a change of code does not install
# everything again.
FROM ${BASE} AS dependencies
WORKDIR /build
RUN python -m venv /opt/venv
COPY pyproject.toml requirements.lock LICENSE ./
# uv takes an eighth of pip's time, but knows neither pip's configuration nor its certificates: pip, where it fails.
RUN mkdir -p src/mlops_lab && touch README.md src/mlops_lab/__init__.py \
    && if ! { pip install --no-cache-dir --quiet uv==0.13.9 && SSL_CERT_FILE=/etc/ssl/certs/ca-certificates.crt \
      uv pip install --quiet --no-cache --python /opt/venv/bin/python --constraint requirements.lock '.[jobs]'; }; then \
      /opt/venv/bin/python -m pip install --no-cache-dir --no-compile --constraint requirements.lock '.[jobs]'; fi \
    && /opt/venv/bin/python -m pip uninstall --yes --quiet mlops-lab pip \
    && python -m compileall -q -j 0 /opt/venv

FROM ${BASE} AS code
COPY src/mlops_lab /app/mlops_lab
COPY data /app/data
COPY notebooks /app/notebooks
RUN python -m compileall -q /app/mlops_lab

FROM ${BASE}
ENV PATH=/opt/venv/bin:${PATH} \
    PYTHONPATH=/app \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    ORT_DISABLE_TELEMETRY=1 \
    MLFLOW_DISABLE_TELEMETRY=true \
    OMP_WAIT_POLICY=PASSIVE \
    HOME=/tmp \
    LAB_ROOT=/app \
    HOST=0.0.0.0
COPY --from=dependencies /opt/venv /opt/venv
COPY --from=code /app /app
USER 10001:10001
ENTRYPOINT ["python"]

# Last, so that another commit of the same sources rebuilds nothing above.
ARG REVISION=unknown
ARG VERSION=0.0.0
LABEL org.opencontainers.image.title="mlops-lab jobs" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.revision="${REVISION}" \
      org.opencontainers.image.version="${VERSION}"
