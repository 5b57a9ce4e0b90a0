/**
 * Gathers the report page for a static host: its files, the chart library and `config.json`.
 *
 *     deno task page:build --api-url https://<ref>.supabase.co --key sb_publishable_…
 */
import { dirname, join } from "node:path";
import { Command } from "commander";
import { findPageFile, listPageFiles } from "./page_files.ts";

interface Options {
  readonly apiUrl: string;
  readonly key: string;
  readonly out: string;
}

const program = new Command("page:build")
  .description("Write the report page, as every static host serves it, into a folder.")
  .requiredOption("--api-url <url>", "the project's URL")
  .requiredOption("--key <key>", "the project's publishable key")
  .option("--out <folder>", "where to", "dist/report")
  .action(async ({ apiUrl, key, out }: Options) => {
    const names = await listPageFiles();
    for (const name of names) {
      const file = await findPageFile(name);
      if (file === null) throw new Error(`${name} is not there`);
      await Deno.mkdir(dirname(join(out, name)), { recursive: true });
      await Deno.copyFile(file.path, join(out, name));
    }
    const config = { apiUrl: new URL(apiUrl).href.replace(/\/$/, ""), publishableKey: key };
    await Deno.writeTextFile(join(out, "config.json"), `${JSON.stringify(config, null, 2)}\n`);
    console.log(`${names.length + 1} files in ${out}`);
  });

await program.parseAsync(Deno.args, { from: "user" });
