import { startBenchStack } from './stack/bench-stack.ts';
import { median } from './statistics.ts';
import { readFile, readdir } from 'node:fs/promises';
const undo: (() => Promise<void>)[] = [];
const say = (l: string) => console.error(l);
const stack = await startBenchStack(say, undo, new AbortController().signal);
try {
  for (let i = 0; i < 4; i++) { await stack.ours.loop({seconds: 1.5, concurrency: 10, tasks: 3}); await stack.peer.loop({seconds: 1.5, concurrency: 10, tasks: 3}); }
  await stack.model.settle();
  const ports = JSON.parse(await readFile(`${stack.dataDir}/temporal.ports`, 'utf8'));
  const metrics = async () => {
    const text = await (await fetch(`http://127.0.0.1:${ports.metrics}/metrics`)).text();
    const out: Record<string, number> = {};
    for (const line of text.split('\n')) {
      const m = /^(service_requests|persistence_requests)\{(.*)\} ([\d.e+]+)$/.exec(line);
      if (!m) continue;
      const op = /operation="([^"]+)"/.exec(m[2])?.[1]; const svc = /service_name="([^"]+)"/.exec(m[2])?.[1];
      const k = `${m[1]} ${svc} ${op}`;
      out[k] = (out[k] ?? 0) + Number(m[3]);
    }
    return out;
  };
  const N = 10;
  const times = (events: any[]) => {
    const t = (e: any) => Number(e.eventTime.seconds) * 1000 + e.eventTime.nanos / 1e6;
    const out: Record<string, number[]> = {};
    let prev: any;
    for (const e of events) { if (prev) { const k = `${prev.eventType}->${e.eventType}`; (out[k] ??= []).push(t(e) - t(prev)); } prev = e; }
    return out;
  };
  const show = async (name: string, run: () => Promise<string>) => {
    const m0 = await metrics(); const all: Record<string, number[]> = {}; const walls: number[] = [];
    for (let i = 0; i < N; i++) {
      const t0 = performance.now();
      const id = await run(); walls.push(performance.now() - t0);
      await new Promise(r => setTimeout(r, 100));
      const h = await stack.temporal.workflow.getHandle(id).fetchHistory();
      for (const [k, v] of Object.entries(times(h.events as any[]))) (all[k] ??= []).push(...v);
    }
    const m1 = await metrics();
    console.log('==', name, 'wall', median(walls).toFixed(1));
    const { default: proto } = await import('@temporalio/proto') as any;
    const nameOf = (n: string) => (proto.temporal.api.enums.v1.EventType as any)[Number(n)]?.replace('EVENT_TYPE_','') ?? n;
    for (const [k, v] of Object.entries(all)) { const [a, b] = k.split('->'); console.log(`  ${nameOf(a)} -> ${nameOf(b)}: n ${v.length / N}, median ${median(v).toFixed(2)}, sum/run ${(v.reduce((x, y) => x + y, 0) / N).toFixed(1)}`); }
    for (const k of Object.keys(m1).sort()) { const d = ((m1[k] ?? 0) - (m0[k] ?? 0)) / N; if (d >= 0.5) console.log(`    ${k}: ${d.toFixed(1)}`); }
  };
  await show('peer 10', async () => (await stack.peer.runWorkflow(10)).workflowId);
  await show('ours 10', async () => `crew-run/${(await stack.ours.runExecution(10)).executionId}`);
  // SQL
  await stack.db.query("alter system set log_min_duration_statement = 0"); await stack.db.query("alter system set log_line_prefix = '%m [%p] %a '"); await stack.db.query("select pg_reload_conf()");
  await new Promise(r => setTimeout(r, 500));
  for (let i = 0; i < 5; i++) await stack.ours.runExecution(10);
  await stack.db.query("alter system reset log_min_duration_statement"); await stack.db.query("select pg_reload_conf()");
  await new Promise(r => setTimeout(r, 300));
  const { cp } = await import('node:fs/promises');
  await cp(`${stack.dataDir}/logs`, '/tmp/prof/logs', { recursive: true });
} finally { for (const u of undo.toReversed()) await u().catch(e => console.error(e)); }
process.exit(0);
