/** Value of an attribute. */
export type AttributeValue = string | number | boolean | readonly string[];

/** Span of OpenTelemetry: a piece of work that has ended. */
export interface Span {
  readonly name: string;
  /** 32 hexadecimal digits, the same for all that belongs together. */
  readonly traceId: string;
  /** Milliseconds since 1970, with fractions. */
  readonly startedAt: number;
  readonly endedAt: number;
  /** Those that are undefined are left out. */
  readonly attributes: Readonly<Record<string, AttributeValue | undefined>>;
  /** Error message. Absent if there was no error. */
  readonly error?: string;
}

/** Takes spans of kind CLIENT. */
export type ExportSpan = (span: Span) => Promise<void>;

/** Destination of spans. */
export interface OtlpOptions {
  /** Without `/v1/traces`. */
  readonly endpoint: string;
  /** Headers in the form of `OTEL_EXPORTER_OTLP_HEADERS`. */
  readonly headers?: string | undefined;
  readonly serviceName: string;
  /** Hears of a span that was not taken. */
  readonly onFailure: (error: unknown) => void;
  readonly fetch?: typeof globalThis.fetch;
}

const TIMEOUT_MS = 5000;
const KIND_CLIENT = 3;
const STATUS_ERROR = 2;

/**
 * Sends each span by OTLP over HTTP in JSON as it ends: there are one or two a question, and an
 * isolate may be gone before a batch is full. Never throws.
 *
 * By hand, since OpenTelemetry's own exporter and SDK would add a tenth of a second to each cold
 * start and ask for a newer Node than the hosted runtime is.
 */
export function createOtlpExporter(options: OtlpOptions): ExportSpan {
  const { fetch = globalThis.fetch } = options;
  const url = `${options.endpoint.replace(/\/+$/, "")}/v1/traces`;
  const headers = { "content-type": "application/json", ...readHeaders(options.headers) };
  const resource = { attributes: encodeAttributes({ "service.name": options.serviceName }) };
  return async (span) => {
    try {
      const response = await fetch(url, {
        method: "POST",
        headers,
        body: JSON.stringify({
          resourceSpans: [{
            resource,
            scopeSpans: [{ scope: { name: "modelpick" }, spans: [encodeSpan(span)] }],
          }],
        }),
        signal: AbortSignal.timeout(TIMEOUT_MS),
      });
      await response.body?.cancel();
      if (!response.ok) throw new Error(`the collector answered ${response.status}`);
    } catch (error) {
      options.onFailure(error);
    }
  };
}

function encodeSpan({ name, traceId, startedAt, endedAt, attributes, error }: Span) {
  return {
    traceId,
    spanId: crypto.randomUUID().replaceAll("-", "").slice(16),
    name,
    kind: KIND_CLIENT,
    startTimeUnixNano: nanoseconds(startedAt),
    endTimeUnixNano: nanoseconds(endedAt),
    attributes: encodeAttributes(attributes),
    ...error === undefined ? {} : { status: { code: STATUS_ERROR, message: error } },
  };
}

function encodeAttributes(attributes: Span["attributes"]) {
  return Object.entries(attributes).flatMap(([key, value]) =>
    value === undefined ? [] : [{ key, value: encodeValue(value) }]
  );
}

/** OTLP's JSON writes whole numbers of 64 bits as text. */
function encodeValue(value: AttributeValue): Record<string, unknown> {
  if (typeof value === "string") return { stringValue: value };
  if (typeof value === "boolean") return { boolValue: value };
  if (typeof value === "number") {
    return Number.isInteger(value) ? { intValue: String(value) } : { doubleValue: value };
  }
  return { arrayValue: { values: value.map(encodeValue) } };
}

/** A number has not the digits for nanoseconds since 1970. */
function nanoseconds(ms: number): string {
  return String(BigInt(Math.round(ms * 1000)) * 1000n);
}

function readHeaders(list = ""): Record<string, string> {
  return Object.fromEntries(
    list.split(",").flatMap((pair) => {
      const [, name, value] = /^\s*([^=\s]+)\s*=(.*)$/.exec(pair) ?? [];
      return name === undefined ? [] : [[name, decodeURIComponent((value ?? "").trim())]];
    }),
  );
}
