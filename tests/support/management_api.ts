import { createHmac } from "node:crypto";
import postgres from "postgres";
import authConfig from "./auth_config.json" with { type: "json" };

/** Reference of the project that the fake serves. */
export const PROJECT = "abcdefghijklmnopqrst";

/** Options of {@link startManagementApi}. */
export interface ManagementApiOptions {
  /** The project's database, as its owner. */
  readonly sql: postgres.Sql;
  readonly publishableKey: string;
  readonly secretKey: string;
}

/** Supabase's Management API as far as a deployment speaks to it, with what it was told. */
export interface ManagementApi extends AsyncDisposable {
  /** File to name as the CLI's `--profile`. */
  readonly profile: string;
  /** Requests that change something, such as `POST /secrets`, in their order. */
  readonly changes: string[];
  readonly secrets: Map<string, string>;
  readonly functions: Set<string>;
  /** Auth's settings, in the names of the API. */
  readonly auth: Record<string, unknown>;
  /** Function whose deployment is refused; null for none. */
  refused: string | null;
}

const AUTH_OF_A_NEW_PROJECT = {
  ...authConfig,
  site_url: "http://localhost:3000",
  uri_allow_list: "",
  jwt_exp: 3600,
  disable_signup: false,
  mailer_autoconfirm: false,
  external_email_enabled: true,
};

/** Returns what the API shows of a secret, from which the CLI tells whether it has changed. */
function digest(secret: unknown): string | null {
  return typeof secret === "string"
    ? createHmac("sha256", PROJECT).update(secret).digest("hex")
    : null;
}

/** Starts the fake on a free port. It answers in the format of CLI 3.1.0, and 404 to all else. */
export async function startManagementApi(options: ManagementApiOptions): Promise<ManagementApi> {
  const { sql, publishableKey, secretKey } = options;
  const folder = await Deno.makeTempDir({ prefix: "modelpick-test-" });
  const state = {
    changes: [] as string[],
    secrets: new Map<string, string>(),
    functions: new Set<string>(),
    auth: { ...AUTH_OF_A_NEW_PROJECT } as Record<string, unknown>,
    refused: null as string | null,
  };

  const answer = async (request: Request): Promise<Response> => {
    const { pathname, searchParams } = new URL(request.url);
    const path = pathname.replace(new RegExp(`^/(v\\d)/projects/${PROJECT}`), "$1");
    if (request.method !== "GET") state.changes.push(`${request.method} ${path}`);
    switch (`${request.method} ${path}`) {
      case "GET v1":
        return Response.json({
          ...{ id: PROJECT, ref: PROJECT, name: "test", region: "eu-central-1" },
          ...{ organization_id: "test", organization_slug: "test", status: "ACTIVE_HEALTHY" },
          created_at: "2026-01-01T00:00:00Z",
          database: {
            ...{ host: `db.${PROJECT}.supabase.co`, version: "17.6.1" },
            ...{ postgres_engine: "17", release_channel: "ga" },
          },
        });
      case "GET v1/billing/addons":
        return Response.json({ selected_addons: [], available_addons: [] });
      case "GET v2/config":
        return Response.json({
          data: {
            ...{ id: PROJECT, type: "project_config" },
            attributes: { auth: { ...state.auth, smtp_pass: digest(state.auth["smtp_pass"]) } },
          },
        });
      case "PATCH v1/config/auth":
        Object.assign(state.auth, await request.json());
        return Response.json(state.auth);
      case "GET v1/secrets":
        return Response.json([...state.secrets].map(([name]) => ({ name, value: "digest" })));
      case "POST v1/secrets": {
        const given: { name: string; value: string }[] = await request.json();
        for (const { name, value } of given) state.secrets.set(name, value);
        return new Response(null, { status: 201 });
      }
      case "GET v1/functions":
        return Response.json([]);
      case "POST v1/functions/deploy": {
        const slug = searchParams.get("slug") ?? "";
        await request.body?.cancel();
        if (slug === state.refused) {
          return Response.json({ message: "the bundle is too large" }, { status: 413 });
        }
        return Response.json({
          ...{ id: crypto.randomUUID(), slug, name: slug, status: "ACTIVE", version: 1 },
          ...{ verify_jwt: false, created_at: 1, updated_at: 1 },
        }, { status: 201 });
      }
      // Several functions are bundled first and then put in place together.
      case "PUT v1/functions": {
        const functions: { slug: string }[] = await request.json();
        for (const { slug } of functions) state.functions.add(slug);
        return Response.json({ functions });
      }
      case "GET v1/api-keys":
        return Response.json([
          { id: "1", name: "default", type: "publishable", api_key: publishableKey },
          { id: "2", name: "default", type: "secret", api_key: secretKey },
        ]);
      case "POST v1/database/query": {
        const { query }: { query: string } = await request.json();
        try {
          return Response.json(await sql.unsafe(query), { status: 201 });
        } catch (error) {
          if (!(error instanceof postgres.PostgresError)) throw error;
          const message = `Failed to run sql query: ERROR:  ${error.code}: ${error.message}`;
          return Response.json({ message }, { status: 400 });
        }
      }
      default:
        return Response.json({ message: `not faked: ${request.method} ${path}` }, { status: 404 });
    }
  };

  const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen: () => {} }, answer);
  const url = `http://127.0.0.1:${server.addr.port}`;
  const profile = `${folder}/profile.yaml`;
  await Deno.writeTextFile(
    profile,
    [
      "name: fake",
      `api_url: ${url}`,
      `dashboard_url: ${url}/dashboard`,
      "docs_url: https://supabase.com/docs",
      "project_host: supabase.co",
      "",
    ].join("\n"),
  );
  return Object.assign(state, {
    profile,
    async [Symbol.asyncDispose]() {
      await server.shutdown();
      await Deno.remove(folder, { recursive: true });
    },
  });
}
