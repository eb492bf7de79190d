declare module 'parse-prometheus-text-format' {
  /** One family of metrics, as prom2json writes it. */
  export interface MetricFamily {
    name: string;
    help: string;
    type: string;
    metrics: {
      labels?: Record<string, string>;
      value?: string;
      count?: string;
      sum?: string;
      buckets?: Record<string, string>;
    }[];
  }
  /** Reads Prometheus' text format. */
  export default function parsePrometheusTextFormat(text: string): MetricFamily[];
}
