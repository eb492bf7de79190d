import { defineSearchAttributeKey, TypedSearchAttributes } from '@temporalio/common';
import proto from '@temporalio/proto';
import type { Logger } from '../telemetry/logger.ts';
import type { Temporal } from './client.ts';
import { SEARCH_ATTRIBUTES } from './names.ts';

/** What a run is found by. All of it is known at the start but the state, which its workflow keeps up to date. */
export interface RunAttributes {
  executionId: string;
  ownerId: string;
  crewName: string;
  kind: string;
  state: string;
}

const keyword = (name: (typeof SEARCH_ATTRIBUTES)[number]) => defineSearchAttributeKey(name, 'KEYWORD');

export function runSearchAttributes(run: RunAttributes): TypedSearchAttributes {
  return new TypedSearchAttributes([
    { key: keyword('ExecutionId'), value: run.executionId },
    { key: keyword('OwnerId'), value: run.ownerId },
    { key: keyword('CrewName'), value: run.crewName },
    { key: keyword('ExecutionKind'), value: run.kind },
    { key: keyword('ExecutionState'), value: run.state },
  ]);
}

/** Whether the server takes our search attributes. No start depends on it. */
export interface SearchAttributeProbe {
  readonly accepted: boolean;
  close(): void;
}

const RETRY_MS = 5_000;

/** Sets the attributes up where they are missing and looks again until the server lists them all. */
export function probeSearchAttributes(
  temporal: Temporal,
  namespace: string,
  logger: Logger,
): SearchAttributeProbe {
  let accepted = false;
  let timer: NodeJS.Timeout | undefined;
  let closed = false;

  const look = async (): Promise<boolean> => {
    const { operatorService } = temporal.client.connection;
    const { customAttributes } = await operatorService.listSearchAttributes({ namespace });
    const missing = SEARCH_ATTRIBUTES.filter((name) => customAttributes?.[name] === undefined);
    if (missing.length === 0) return true;
    const type = proto.temporal.api.enums.v1.IndexedValueType.INDEXED_VALUE_TYPE_KEYWORD;
    await operatorService.addSearchAttributes({
      namespace,
      searchAttributes: Object.fromEntries(missing.map((name) => [name, type])),
    });
    return false;
  };
  const probe = async (): Promise<void> => {
    try {
      accepted = await look();
    } catch (error) {
      logger.debug({ err: error }, 'search attributes are not known yet');
    }
    if (!accepted && !closed) timer = setTimeout(() => void probe(), RETRY_MS);
  };
  void probe();

  return {
    get accepted() {
      return accepted;
    },
    close() {
      closed = true;
      clearTimeout(timer);
    },
  };
}
