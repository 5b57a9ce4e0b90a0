import { join } from "node:path";
import { listFolder } from "../track/files.ts";

const WAIT_MS = 20_000;
const POLL_MS = 200;

/** Returns the path of the e-mail with this heading and this part of its text. Waits up to 20 s for it. */
export async function findEmail(
  { outboxDir, hasLocalEmail }: { readonly outboxDir: string; readonly hasLocalEmail: boolean },
  heading: string,
  part: string,
): Promise<string> {
  if (!hasLocalEmail) return "sent by Resend";
  const deadline = performance.now() + WAIT_MS;
  while (performance.now() < deadline) {
    for (const name of await listFolder(outboxDir)) {
      const path = join(outboxDir, name);
      if (!name.endsWith(".html")) continue;
      const html = await Deno.readTextFile(path);
      if (html.includes(heading) && html.includes(part)) return path;
    }
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
  return `not in ${outboxDir} yet`;
}

/** Returns the owner's link in the file of an e-mail; null if there is none. */
export async function readOwnerLink(path: string): Promise<string | null> {
  const html = await Deno.readTextFile(path).catch(() => "");
  return /href="([^"]*#owner=[0-9a-f]{64})"/.exec(html)?.[1] ?? null;
}
