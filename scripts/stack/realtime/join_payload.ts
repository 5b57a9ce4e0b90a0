import { z } from "zod";

/** Boolean that some clients send as text. */
const flag = z.union([
  z.boolean(),
  z.stringbool({ truthy: ["true"], falsy: ["false"] }),
]).default(false);

const changeSchema = z.looseObject({
  event: z.string().default("*"),
  schema: z.string().optional(),
  table: z.string().optional(),
  filter: z.string().optional(),
  select: z.array(z.string()).optional(),
});

/** Binding of `postgres_changes` as sent by the client. */
export type ChangeRequest = z.infer<typeof changeSchema>;

/** Payload of `phx_join`. */
export const joinSchema = z.object({
  access_token: z.string().nullish(),
  user_token: z.string().nullish(),
  config: z.object({
    broadcast: z.object({
      ack: flag,
      self: flag,
      replay: z.unknown().optional(),
      replication_ready: flag,
    }).prefault({}),
    postgres_changes: z.array(changeSchema.nullable()).nullish()
      .transform((changes) => (changes ?? []).filter((change) => change !== null)),
    postgres_changes_options: z.object({ wait: flag }).prefault({}),
    private: flag,
  }).prefault({}),
});

export type JoinPayload = z.infer<typeof joinSchema>;
