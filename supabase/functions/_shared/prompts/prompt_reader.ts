import { type Database, query } from "../platform/database.ts";
import { type PromptText, promptTextSchema, type WhichVersion } from "./prompt_text.ts";

/** Reads a prompt of its owner by name. Returns null if there is no such prompt or version. */
export type ReadPrompt = (
  ownerId: string,
  name: string,
  which: WhichVersion,
) => Promise<PromptText | null>;

/** Creates {@link ReadPrompt}. */
export function createPromptReader(sql: Database): ReadPrompt {
  return async (ownerId, name, which) => {
    const label = typeof which === "object" && "label" in which ? which.label : null;
    const version = typeof which === "object" && "version" in which ? which.version : null;
    const [row] = await query(() =>
      sql<{ prompt: unknown }[]>`
        select jsonb_build_object(
          'prompt_id', p.id, 'name', p.name, 'type', v.type, 'version', v.version,
          'latest_version', (
            select max(n.version) from public.prompt_versions n where n.prompt_id = p.id
          ),
          'labels', array(
            select l.label from public.prompt_labels l
            where l.prompt_id = p.id and l.version = v.version order by l.label
          ),
          'body', v.body, 'placeholders', v.placeholders, 'created_at', v.created_at
        ) as prompt
        from public.prompts p join public.prompt_versions v on v.prompt_id = p.id
        where p.owner_id = ${ownerId}::uuid and p.name = ${name}::text
          and (${version}::integer is null or v.version = ${version}::integer)
          and (${label}::text is null or v.version = (
            select l.version from public.prompt_labels l
            where l.prompt_id = p.id and l.label = ${label}::text
          ))
        order by v.version desc
        limit 1`
    );
    return row === undefined ? null : promptTextSchema.parse(row.prompt);
  };
}
