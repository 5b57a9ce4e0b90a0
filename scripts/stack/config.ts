import { isAbsolute, join, resolve } from "node:path";
import { parse } from "smol-toml";
import { z } from "zod";
import { loadKeys, type StackKeys } from "./keys.ts";

/** TCP ports on 127.0.0.1, one for each part of the stack. */
export interface StackPorts {
  readonly api: number;
  readonly db: number;
  readonly ocr: number;
  readonly openrouter: number;
  readonly openai: number;
  readonly groq: number;
  readonly stripe: number;
  readonly resend: number;
}

/** Faults of the local pg_net worker, as shares of requests from 0 to 1. */
export interface NetFaults {
  /** Share of requests that are taken off the queue and never sent. */
  readonly loseShare: number;
  /** Share of requests that are sent twice. */
  readonly repeatShare: number;
}

/** Settings of one `[functions.<name>]` section of `supabase/config.toml`. Paths are absolute. */
export interface FunctionConfig {
  readonly name: string;
  readonly enabled: boolean;
  readonly verifyJwt: boolean;
  readonly entrypoint: string;
  /** Path of an import map or a `deno.json`; undefined for the function's own. */
  readonly importMap: string | undefined;
}

/** Complete configuration of a stack. Paths are absolute. */
export interface StackConfig {
  /** Root folder of the repository. */
  readonly rootDir: string;
  /** Folder with this stack's keys, data, logs and outbox. */
  readonly stackDir: string;
  readonly supabaseDir: string;
  readonly functionsDir: string;
  /** File with the functions' settings and keys. It need not exist. */
  readonly envFile: string;
  readonly migrationsDir: string;
  /** SQL file that runs after the migrations of a new database. It need not exist. */
  readonly seedFile: string;
  readonly ports: StackPorts;
  readonly keys: StackKeys;
  /** `false` makes Postgres faster and lets a power failure lose data. */
  readonly fsync: boolean;
  readonly netFaults: NetFaults;
  /** Age in seconds at which a function's isolate is killed. */
  readonly wallClockSeconds: number;
  /** Variables for the functions and local services. They override every other source. */
  readonly env: Readonly<Record<string, string>>;
  /** `true` starts functions before their first call and keeps them ready. */
  readonly keepWarm: boolean;
  /** `true` lets local services replace outside services that have no key. */
  readonly localServices: boolean;
  readonly functions: readonly FunctionConfig[];
  readonly api: {
    /** Schemas that `/rest/v1` exposes. */
    readonly schemas: readonly string[];
    readonly extraSearchPath: readonly string[];
    readonly maxRows: number;
  };
  readonly auth: {
    readonly siteUrl: string;
    readonly jwtExpirySeconds: number;
    readonly enableSignup: boolean;
  };
  readonly storage: {
    readonly fileSizeLimitBytes: number;
    /** `false` for a project on the free plan, which cannot resize or convert images. */
    readonly transformsImages: boolean;
  };
}

/** Settings that override `supabase/config.toml` in {@link loadConfig}. */
export interface ConfigOverrides {
  readonly rootDir?: string;
  /** Folder of the stack, relative to the repository. Default `.stack`. */
  readonly stackDir?: string;
  readonly functionsDir?: string;
  /** File with the functions' settings. Default `.env` in the functions' folder. */
  readonly envFile?: string;
  readonly migrationsDir?: string;
  readonly seedFile?: string;
  readonly ports?: Partial<StackPorts>;
  readonly fsync?: boolean;
  readonly netFaults?: Partial<NetFaults>;
  readonly wallClockSeconds?: number;
  readonly keepWarm?: boolean;
  readonly localServices?: boolean;
  readonly env?: Readonly<Record<string, string>>;
}

const DEFAULT_PORTS: StackPorts = {
  api: 54321,
  db: 54322,
  ocr: 54331,
  openrouter: 54332,
  stripe: 54333,
  resend: 54334,
  openai: 54335,
  groq: 54336,
};

/** Wall-clock limit of a paid hosted project, in seconds. */
const DEFAULT_WALL_CLOCK_SECONDS = 400;

const port = z.int().min(1).max(65535);

const tomlSchema = z.object({
  api: z.object({
    port: port.default(DEFAULT_PORTS.api),
    schemas: z.array(z.string()).default(["public"]),
    extra_search_path: z.array(z.string()).default(["public", "extensions"]),
    max_rows: z.int().positive().default(1000),
  }).prefault({}),
  db: z.object({ port: port.default(DEFAULT_PORTS.db) }).prefault({}),
  auth: z.object({
    site_url: z.string().optional(),
    jwt_expiry: z.int().positive().default(3600),
    enable_signup: z.boolean().default(true),
  }).prefault({}),
  storage: z.object({
    file_size_limit: z.string().default("50MiB"),
    image_transformation: z.object({ enabled: z.boolean() }).default({ enabled: true }),
  }).prefault({}),
  functions: z.record(
    z.string(),
    z.object({
      enabled: z.boolean().default(true),
      verify_jwt: z.boolean().default(true),
      import_map: z.string().optional(),
      entrypoint: z.string().optional(),
    }),
  ).default({}),
});

const REPOSITORY = resolve(import.meta.dirname ?? ".", "../..");

/**
 * Reads `supabase/config.toml` and the stack's keys. Creates the keys on the first call.
 *
 * @throws {z.ZodError} if the file holds a value that the stack cannot use.
 */
export async function loadConfig(overrides: ConfigOverrides = {}): Promise<StackConfig> {
  const rootDir = resolve(overrides.rootDir ?? REPOSITORY);
  const at = (path: string) => isAbsolute(path) ? path : join(rootDir, path);
  const supabaseDir = join(rootDir, "supabase");
  const toml = tomlSchema.parse(
    parse(await Deno.readTextFile(join(supabaseDir, "config.toml"))),
  );
  const functionsDir = at(overrides.functionsDir ?? "supabase/functions");
  const stackDir = at(overrides.stackDir ?? ".stack");
  const ports = {
    ...DEFAULT_PORTS,
    api: toml.api.port,
    db: toml.db.port,
    ...overrides.ports,
  };
  return {
    rootDir,
    stackDir,
    supabaseDir,
    functionsDir,
    envFile: at(overrides.envFile ?? join(functionsDir, ".env")),
    migrationsDir: at(overrides.migrationsDir ?? "supabase/migrations"),
    seedFile: at(overrides.seedFile ?? "supabase/seed.sql"),
    ports,
    keys: await loadKeys(join(stackDir, "keys.json")),
    fsync: overrides.fsync ?? true,
    netFaults: { loseShare: 0, repeatShare: 0, ...overrides.netFaults },
    wallClockSeconds: overrides.wallClockSeconds ?? DEFAULT_WALL_CLOCK_SECONDS,
    env: overrides.env ?? {},
    keepWarm: overrides.keepWarm ?? true,
    localServices: overrides.localServices ?? true,
    functions: Object.entries(toml.functions).map(([name, entry]) => ({
      name,
      enabled: entry.enabled,
      verifyJwt: entry.verify_jwt,
      entrypoint: resolve(
        functionsDir,
        "..",
        entry.entrypoint ?? `./functions/${name}/index.ts`,
      ),
      importMap: entry.import_map === undefined
        ? undefined
        : resolve(functionsDir, "..", entry.import_map),
    })),
    api: {
      schemas: toml.api.schemas,
      extraSearchPath: toml.api.extra_search_path,
      maxRows: toml.api.max_rows,
    },
    auth: {
      siteUrl: toml.auth.site_url ?? apiUrl({ ports }),
      jwtExpirySeconds: toml.auth.jwt_expiry,
      enableSignup: toml.auth.enable_signup,
    },
    storage: {
      fileSizeLimitBytes: parseSize(toml.storage.file_size_limit),
      transformsImages: toml.storage.image_transformation.enabled,
    },
  };
}

/** Returns the origin of the gateway. */
export function apiUrl(config: { readonly ports: Pick<StackPorts, "api"> }): string {
  return `http://127.0.0.1:${config.ports.api}`;
}

/** Returns the connection string of the role `postgres`, which migrations and functions use. */
export function dbUrl(config: { readonly ports: Pick<StackPorts, "db"> }): string {
  return `postgresql://postgres:postgres@127.0.0.1:${config.ports.db}/postgres`;
}

/** Returns the connection string of any login role except the superuser. They share one password. */
export function loginDbUrl(
  config: { readonly ports: Pick<StackPorts, "db"> },
  username: string,
): string {
  const url = new URL(dbUrl(config));
  url.username = username;
  return url.href;
}

/** Returns the connection string of the superuser, which Supabase itself uses on a hosted project. */
export function adminDbUrl(config: Pick<StackConfig, "ports" | "keys">): string {
  const password = encodeURIComponent(config.keys.databaseAdminPassword);
  return `postgresql://supabase_admin:${password}@127.0.0.1:${config.ports.db}/postgres`;
}

/**
 * Returns the ports of a stack whose gateway listens on `base`, at the usual distances.
 *
 * @throws {RangeError} if one of them is not a valid port.
 */
export function portsFrom(base: number): StackPorts {
  const shift = (usual: number) => {
    const shifted = port.safeParse(base + usual - DEFAULT_PORTS.api);
    if (shifted.success) return shifted.data;
    throw new RangeError(`a stack's ports cannot start at ${base}`);
  };
  const { api, db, ocr, openrouter, openai, groq, stripe, resend } = DEFAULT_PORTS;
  return {
    api: shift(api),
    db: shift(db),
    ocr: shift(ocr),
    openrouter: shift(openrouter),
    openai: shift(openai),
    groq: shift(groq),
    stripe: shift(stripe),
    resend: shift(resend),
  };
}

const SIZE_UNITS: Readonly<Record<string, number>> = {
  "": 1,
  b: 1,
  kb: 1e3,
  mb: 1e6,
  gb: 1e9,
  kib: 2 ** 10,
  mib: 2 ** 20,
  gib: 2 ** 30,
};

/** Returns the bytes of a size in the notation of config.toml, such as `50MiB`. */
export function parseSize(text: string): number {
  const match = /^\s*(\d+)\s*([a-z]*)\s*$/i.exec(text);
  const unit = SIZE_UNITS[(match?.[2] ?? "").toLowerCase()];
  if (match === null || unit === undefined) throw new Error(`not a size such as 50MiB: ${text}`);
  return Number(match[1]) * unit;
}
