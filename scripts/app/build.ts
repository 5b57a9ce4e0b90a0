/**
 * Writes the example app for a static host: its pages, the libraries and `config.json`.
 *
 *     deno task app:build --api-url https://<ref>.supabase.co --key sb_publishable_…
 */
import { dirname, join } from "node:path";
import { Command } from "commander";
import { findAppFile, listAppFiles } from "./app_files.ts";

interface Options {
  readonly apiUrl: string;
  readonly key: string;
  readonly out: string;
}

const program = new Command("app:build")
  .description("Write the example app into a folder, ready for any static host.")
  .requiredOption("--api-url <url>", "the project's URL")
  .requiredOption("--key <key>", "the project's publishable key")
  .option("--out <folder>", "folder to write to", "dist/app")
  .action(async ({ apiUrl, key, out }: Options) => {
    const names = await listAppFiles();
    for (const name of names) {
      const file = await findAppFile(name);
      if (file === null) throw new Error(`${name} is missing`);
      await Deno.mkdir(dirname(join(out, name)), { recursive: true });
      await Deno.copyFile(file.path, join(out, name));
    }
    const config = { apiUrl: new URL(apiUrl).href.replace(/\/$/, ""), publishableKey: key };
    await Deno.writeTextFile(join(out, "config.json"), `${JSON.stringify(config, null, 2)}\n`);
    console.log(`${names.length + 1} files in ${out}`);
  });

await program.parseAsync(Deno.args, { from: "user" });
