import { existsSync } from "node:fs";
import { join } from "node:path";
import { html } from "hono/html";
import { tryParseJson } from "../../support/try_parse_json.ts";
import { type Message, type SentEmail, sentEmailSchema } from "./message.ts";

const KEY_LIFE_MS = 24 * 60 * 60 * 1000;

/**
 * Directory of sent e-mails. `<time>-<subject>-<recipient>.html` holds the page, and a `.json` file
 * with the same name holds the rest. Idempotency keys are restored from these files after a
 * restart.
 */
export class Outbox {
  readonly emails: SentEmail[];

  constructor(readonly directory: string) {
    Deno.mkdirSync(directory, { recursive: true });
    this.emails = readEmails(directory);
  }

  /** Returns the e-mail sent with this key within the last 24 hours. */
  findByKey(key: string): SentEmail | undefined {
    const oldest = Date.now() - KEY_LIFE_MS;
    return this.emails.find((email) =>
      email.idempotency_key === key && Date.parse(email.created_at) > oldest
    );
  }

  /** Writes an e-mail and returns its record. */
  add(message: Message, idempotency_key: string | null, fingerprint: string): SentEmail {
    const createdAt = new Date().toISOString();
    const time = createdAt.slice(0, 19).replaceAll(":", "-");
    const name = `${time}-${slug(message.subject)}-${slug(message.to[0] ?? "")}`;
    const id = crypto.randomUUID();
    const base = existsSync(join(this.directory, `${name}.html`))
      ? `${name}-${id.slice(0, 8)}`
      : name;
    const file = `${base}.html`;
    const email = { id, created_at: createdAt, message, idempotency_key, fingerprint, file };
    const page = message.html ?? String(html`<pre>${message.text ?? ""}</pre>`);
    Deno.writeTextFileSync(join(this.directory, file), page);
    // Written last: if the process is killed before, the e-mail counts as unsent and its sender
    // sends it again.
    Deno.writeTextFileSync(join(this.directory, `${base}.json`), JSON.stringify(email, null, 2));
    this.emails.push(email);
    return email;
  }
}

function readEmails(directory: string): SentEmail[] {
  const emails: SentEmail[] = [];
  for (const { name } of Deno.readDirSync(directory)) {
    if (!name.endsWith(".json")) continue;
    const parsed = sentEmailSchema.safeParse(
      tryParseJson(Deno.readTextFileSync(join(directory, name))),
    );
    if (parsed.success) emails.push(parsed.data);
  }
  return emails.sort((a, b) => a.created_at.localeCompare(b.created_at));
}

function slug(text: string): string {
  return text.toLowerCase().replaceAll(/[^a-z0-9]+/g, "-").replaceAll(/^-|-$/g, "").slice(0, 60);
}
