import { dirname, join } from "node:path";
import { findAppFile, listAppFiles } from "./app_files.ts";

/** Where the pages are written and which project they call. */
export interface AppBuild {
  /** The project's URL. */
  readonly apiUrl: string;
  /** The project's publishable key. */
  readonly key: string;
  /** Folder to write to. */
  readonly out: string;
}

/** Writes the pages, their libraries, `config.json` and the rewrite rule. Returns the number of files. */
export async function buildApp({ apiUrl, key, out }: AppBuild): Promise<number> {
  const names = await listAppFiles();
  for (const name of names) {
    const file = await findAppFile(name);
    if (file === null) throw new Error(`${name} is missing`);
    await Deno.mkdir(dirname(join(out, name)), { recursive: true });
    await Deno.copyFile(file.path, join(out, name));
  }
  const config = { apiUrl: new URL(apiUrl).href.replace(/\/$/, ""), publishableKey: key };
  await Deno.writeTextFile(join(out, "config.json"), `${JSON.stringify(config, null, 2)}\n`);
  // Netlify and Cloudflare Pages read it; other hosts have settings of their own.
  await Deno.writeTextFile(join(out, "_redirects"), "/report/* /report/index.html 200\n");
  return names.length + 2;
}
