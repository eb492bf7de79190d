import { readFile } from 'node:fs/promises';
import { Client, Connection, type TLSConfig } from '@temporalio/client';
import type { Settings } from '../config.ts';
import { clientDataConverter } from './payload-codec.ts';

/** One process's client of Temporal. The connection is made at the first call, so a server that is away stops nothing. */
export interface Temporal {
  client: Client;
  address: string;
  /** @throws when the server does not answer within two seconds. */
  ping(): Promise<void>;
  close(): Promise<void>;
}

/** How to reach Temporal, for client and worker alike. */
export interface TemporalConnectionOptions {
  address: string;
  tls?: TLSConfig;
  apiKey?: string;
}

/** Address, TLS and API key as settings give them. */
export async function temporalConnectionOptions(settings: Settings): Promise<TemporalConnectionOptions> {
  const { TEMPORAL_TLS_CA: ca, TEMPORAL_TLS_CERT: cert, TEMPORAL_TLS_KEY: key } = settings;
  const tls: TLSConfig = {};
  if (ca !== undefined) tls.serverRootCACertificate = await readFile(ca);
  if (cert !== undefined && key !== undefined)
    tls.clientCertPair = { crt: await readFile(cert), key: await readFile(key) };
  return {
    address: settings.TEMPORAL_ADDRESS ?? '127.0.0.1:7233',
    ...(Object.keys(tls).length > 0 && { tls }),
    ...(settings.TEMPORAL_API_KEY !== undefined && { apiKey: settings.TEMPORAL_API_KEY }),
  };
}

export async function createTemporal(settings: Settings): Promise<Temporal> {
  const options = await temporalConnectionOptions(settings);
  const connection = Connection.lazy({ ...options, connectTimeout: '3s' });
  return {
    client: new Client({
      connection,
      namespace: settings.TEMPORAL_NAMESPACE,
      dataConverter: clientDataConverter(settings),
    }),
    address: options.address,
    async ping() {
      await connection.withDeadline(Date.now() + 2_000, () =>
        connection.workflowService.describeNamespace({ namespace: settings.TEMPORAL_NAMESPACE }),
      );
    },
    close: () => connection.close(),
  };
}
