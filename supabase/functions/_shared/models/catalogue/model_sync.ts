import { z } from "zod";
import { type Database, query, TEXT_ARRAY, toJson } from "../../platform/database.ts";
import type { Logger } from "../../platform/logger.ts";
import type { EndpointClientOptions } from "../calls/endpoint_client.ts";
import type { ProviderEndpoint } from "../provider_env.ts";
import { publicMessage } from "../errors/public_message.ts";
import { findProvider, type Provider, PROVIDERS } from "../providers.ts";
import { fetchModelList } from "./fetch_model_list.ts";
import { type FindPrices, matchModels } from "./match_models.ts";

/** Options of {@link createModelSync}. */
export interface ModelSyncOptions extends EndpointClientOptions {
  readonly sql: Database;
  /** Endpoints that can be called here; see `readProviderEndpoints()`. */
  readonly endpoints: Readonly<Record<string, ProviderEndpoint>>;
  /** Source of prices that a provider's list omits. Without it, those models keep their prices. */
  readonly findPrices?: FindPrices;
  /** Longest wait for one list, in milliseconds. Default 3,000. */
  readonly timeoutMs?: number;
  readonly log: Logger;
}

/** Updates the catalogue from the providers' lists of models. */
export interface ModelSync {
  /** Reads the lists of all providers that can be called, one after another. */
  syncAll(): Promise<void>;
  /**
   * Reads the lists of the named providers that were last read more than an hour ago.
   *
   * @returns True if there were any.
   */
  refresh(providers: readonly string[]): Promise<boolean>;
}

/** Pause after a failure, so that not every checkout waits for a provider that is down. */
const RETRY_MINUTES = 5;

const idsSchema = z.array(z.object({ id: z.string() }));
const namesSchema = z.array(z.object({ name: z.string() }));
const changesSchema = z.array(z.object({ changes: z.record(z.string(), z.number()) }));

/**
 * Updates the table `models` from the providers' lists, each list in one transaction. If a provider
 * does not answer with a list, its models stay as they are and the error is recorded in
 * `private.providers`.
 */
export function createModelSync(options: ModelSyncOptions): ModelSync {
  const { sql, endpoints, log } = options;

  const note = async (name: string, isConfigured: boolean, error: string | null) => {
    await query(() => sql`select private.note_provider(${name}, ${isConfigured}, ${error})`);
  };
  const sync = async (provider: Provider, endpoint: ProviderEndpoint) => {
    const about = { provider: provider.name };
    const listed = await fetchModelList(provider.name, endpoint, options)
      .catch(async (error: unknown) => {
        log.warn("list of models not read: check the provider's URL and key", { ...about, error });
        const secrets = endpoint.apiKey === null ? [] : [endpoint.apiKey];
        await note(provider.name, true, publicMessage(String(error), secrets));
        return null;
      });
    if (listed === null) return;
    const rows = await query(() =>
      sql`select id from public.models where base_url_key = ${provider.name} order by id`
    );
    const known = idsSchema.parse([...rows]).map(({ id }) => id);
    const entries = matchModels(provider, known, listed, {
      findPrices: options.findPrices,
      now: new Date(),
    });
    const applied = await query(() =>
      sql`
        select private.apply_model_list(${provider.name},
          ${sql.array(known, TEXT_ARRAY)}::text[], ${sql.json(toJson(entries))}) as changes`
    );
    const [row] = changesSchema.parse([...applied]);
    log.info("list of models read", { ...about, listed: listed.length, changes: row?.changes });
  };

  return {
    async syncAll() {
      for (const provider of PROVIDERS) {
        const endpoint = endpoints[provider.name];
        if (endpoint === undefined) await note(provider.name, false, null);
        else await sync(provider, endpoint);
      }
    },
    async refresh(providers) {
      const rows = await query(() =>
        sql`
          select name from private.providers
          where name = any (${sql.array([...providers], TEXT_ARRAY)}::text[])
            and (listed_at is null or listed_at < now() - interval '1 hour')
            and (error is null or tried_at < now() - ${RETRY_MINUTES} * interval '1 minute')`
      );
      const stale = namesSchema.parse([...rows]).map(({ name }) => name);
      // One after another: two lists may update the same models.
      for (const name of stale) {
        const [provider, endpoint] = [findProvider(name), endpoints[name]];
        if (provider !== undefined && endpoint !== undefined) await sync(provider, endpoint);
      }
      return stale.length > 0;
    },
  };
}
