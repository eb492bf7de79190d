#!/bin/sh
# Makes the namespace and the search attributes where they are missing. May be run at every start; the server may
# still be on its way up.
set -eu
temporal=${TEMPORAL_CLI:-temporal}
namespace=${TEMPORAL_NAMESPACE:-default}
: "${TEMPORAL_ADDRESS:?the address of the Temporal server, host:port}"
tries=0
until "$temporal" operator cluster health --address "$TEMPORAL_ADDRESS" >/dev/null 2>&1; do
  tries=$((tries + 1))
  if [ "$tries" -ge 60 ]; then
    echo "Temporal does not answer on $TEMPORAL_ADDRESS" >&2
    exit 1
  fi
  sleep 1
done
if ! "$temporal" operator namespace describe "$namespace" --address "$TEMPORAL_ADDRESS" >/dev/null 2>&1; then
  "$temporal" operator namespace create "$namespace" --retention "${TEMPORAL_RETENTION:-7d}" \
    --address "$TEMPORAL_ADDRESS"
fi
tries=0
for name in ExecutionId OwnerId CrewName ExecutionKind ExecutionState; do
  # A namespace that was just made is known to the frontend a little later.
  until "$temporal" operator search-attribute create --namespace "$namespace" --name "$name" --type Keyword \
    --address "$TEMPORAL_ADDRESS"; do
    tries=$((tries + 1))
    [ "$tries" -lt 30 ] || exit 1
    sleep 1
  done
done
